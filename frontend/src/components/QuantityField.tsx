import NumberStepper from './NumberStepper'

interface QuantityFieldProps {
  label: string
  value: number
  onChange: (quantity: number) => void
  max?: number
}

/** How many of a product: at least one. */
export function QuantityField(props: QuantityFieldProps) {
  return <NumberStepper {...props} min={1} />
}
