// Which product it is about: searched by name, chosen by a button. Rendered by RequestForm.tsx.
import { useQuery } from '@tanstack/react-query'
import { useId, useRef, useState } from 'react'
import { useProducts } from '../../api/products'
import type { Product } from '../../api/types'
import { availabilityInWords } from '../../components/availability'
import formStyles from '../../components/form/Form.module.css'
import { Picture } from '../../components/picture/Picture'
import { productsToChooseQuery } from './api'
import { useDebounced } from './useDebounced'
import styles from './RequestForm.module.css'

const TYPING_PAUSE_MS = 200

interface ProductChoiceProps {
  label: string
  sku: string
  optional?: boolean
  /** Why it cannot be sent as it is. */
  error: string | null
  onChoose: (sku: string) => void
}

export function ProductChoice({ label, sku, optional = false, error, onChoose }: ProductChoiceProps) {
  const id = useId()
  const [text, setText] = useState('')
  const field = useRef<HTMLInputElement>(null)
  const chosen = useProducts(sku === '' ? [] : [sku]).get(sku)
  const q = useDebounced(text.trim(), TYPING_PAUSE_MS)
  const { data, isFetching } = useQuery({ ...productsToChooseQuery(q), enabled: sku === '' && q !== '' })
  const found = q === '' ? [] : (data ?? [])

  if (sku !== '') {
    return (
      <div className={formStyles.field}>
        <p className={formStyles.label}>{label}</p>
        <div className={styles.product}>
          {chosen === undefined ? <p>{sku}</p> : <Thing product={chosen} />}
          <button
            type="button"
            className="text-button"
            onClick={() => {
              onChoose('')
              // The field is there with the next drawing.
              requestAnimationFrame(() => field.current?.focus())
            }}
          >
            Change<span className="visually-hidden"> product</span>
          </button>
        </div>
      </div>
    )
  }
  return (
    <div className={formStyles.field}>
      <label htmlFor={id} className={formStyles.label}>
        {label}
        {optional && <span className={formStyles.optional}> optional</span>}
      </label>
      <input
        ref={field}
        id={id}
        type="search"
        className={formStyles.input}
        value={text}
        autoComplete="off"
        maxLength={100}
        aria-invalid={error !== null}
        aria-describedby={`${id}-found${error === null ? '' : ` ${id}-error`}`}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          // Enter is for a list that is not there yet, and must not send the form.
          if (event.key === 'Enter') event.preventDefault()
        }}
      />
      {error !== null && (
        <p id={`${id}-error`} className={formStyles.error}>
          {error}
        </p>
      )}
      <p id={`${id}-found`} role="status" className={formStyles.hint}>
        {q === '' || isFetching ? 'Type part of the name.' : foundInWords(found.length)}
      </p>
      <ul className={styles.found}>
        {found.map((product) => (
          <li key={product.sku}>
            <button type="button" className={styles.choose} onClick={() => onChoose(product.sku)}>
              <Thing product={product} />
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}

function Thing({ product }: { product: Product }) {
  return (
    <>
      <Picture
        drawing={product.picture?.drawing ?? null}
        colour={product.picture?.colour ?? null}
        name={product.name}
        category={product.category}
        decorative
        className={styles.picture}
      />
      <span className={styles.thing}>
        <span className={styles.name}>{product.name}</span>{' '}
        <span className={styles.soft}>{availabilityInWords(product)}</span>
      </span>
    </>
  )
}

function foundInWords(count: number): string {
  if (count === 0) return 'No product found with this name.'
  return count === 1 ? '1 product found.' : `${count} products found.`
}
