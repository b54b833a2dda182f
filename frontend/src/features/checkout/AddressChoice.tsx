// Where it goes, from the address book. Rendered by DetailsStep.tsx for whoever has one.
import { useId } from 'react'
import type { Address } from '../../api/types'
import { SelectField } from '../../components/form/SelectField'
import { noContact, type ContactFields } from './contact'
import { chosenFrom, whereTo, type WhereTo } from './shopper'

const OTHER = 'other'

interface AddressChoiceProps {
  addresses: Address[]
  fields: ContactFields
  onChoose: (to: WhereTo) => void
}

export function AddressChoice({ addresses, fields, onChoose }: AddressChoiceProps) {
  const id = useId()
  const chosen = chosenFrom(addresses, fields)?.id ?? OTHER
  return (
    <SelectField
      id={id}
      name="address"
      label="From your address book"
      value={chosen}
      error={null}
      options={[
        ...addresses.map((address) => ({ value: address.id, label: inOneLine(address) })),
        { value: OTHER, label: 'Another address' },
      ]}
      onChange={(value) => {
        const address = addresses.find((one) => one.id === value)
        onChoose(address === undefined ? nowhere(fields) : whereTo(address))
      }}
      onBlur={() => {}}
    />
  )
}

/** To be typed: most likely in the same country. */
function nowhere({ email, country }: ContactFields): ContactFields {
  return { ...noContact, email, country }
}

const inOneLine = ({ name, line1, city }: Address) => `${name}, ${line1}, ${city}`
