// The fields of a postal address, as its country has them. Rendered by the address book and by the checkout, each inside its
// own form.
import { countryOptions } from '../countries'
import { addressFormat } from './postalAddress'
import { SelectField } from './SelectField'
import { TextField } from './TextField'
import type { FieldProps } from './useForm'
import styles from './Form.module.css'

type Part = 'name' | 'country' | 'line1' | 'line2' | 'postal_code' | 'city' | 'region'

interface PostalAddressFieldsProps {
  field: (part: Part) => FieldProps
  /** The one that is chosen; empty while none is. */
  country: string
  countries: string[]
}

export function PostalAddressFields({ field, country, countries }: PostalAddressFieldsProps) {
  const { postalCode, region } = addressFormat(country)
  return (
    <>
      <TextField {...field('name')} label="Name" autoComplete="name" maxLength={120} />
      <SelectField
        {...field('country')}
        label="Country"
        autoComplete="country"
        placeholder="Choose a country"
        options={countryOptions(countries)}
      />
      <TextField {...field('line1')} label="Street and number" autoComplete="address-line1" maxLength={120} />
      <TextField
        {...field('line2')}
        label="Apartment, floor or company"
        autoComplete="address-line2"
        maxLength={120}
        optional
      />
      <div className={styles.row}>
        <TextField
          {...field('postal_code')}
          label={postalCode.label}
          autoComplete="postal-code"
          maxLength={16}
        />
        <TextField {...field('city')} label="Town or city" autoComplete="address-level2" maxLength={80} />
      </div>
      {region !== null && (
        <TextField
          {...field('region')}
          label={region.label}
          autoComplete="address-level1"
          maxLength={80}
          optional={!region.isRequired}
        />
      )}
    </>
  )
}
