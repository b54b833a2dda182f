// The fields of a request, by its kind. Rendered by NewRequestPage.tsx.
import { useState } from 'react'
import { Link } from 'react-router'
import { useProducts } from '../../api/products'
import { asSentences, type Problem } from '../../api/problem'
import type { CommandAnswer, NewRequest } from '../../api/types'
import { useCommand } from '../../api/useCommand'
import { canBeBought } from '../../components/availability'
import { ErrorSummary } from '../../components/form/ErrorSummary'
import { TextAreaField } from '../../components/form/TextAreaField'
import { TextField } from '../../components/form/TextField'
import { useForm } from '../../components/form/useForm'
import { submit } from './api'
import type { Draft } from './draft'
import { ProductChoice } from './ProductChoice'
import { LONGEST_TITLE, productTrouble, rulesFor, toRequest, type FieldOfRequest } from './requestFields'
import { Similar } from './Similar'
import { whyRefused } from './words'
import styles from './RequestForm.module.css'

interface RequestFormProps {
  draft: Draft
  isGuest: boolean
  /** Told of each change, to keep it. */
  onChange: (draft: Draft) => void
  /** A guest's is right, and can be sent as soon as they have signed in. */
  onSignIn: () => void
  onDone: (answer: CommandAnswer) => void
}

export function RequestForm({ draft, isGuest, onChange, onSignIn, onDone }: RequestFormProps) {
  const { kind, sku, title, quantity, description, link } = draft
  const form = useForm<FieldOfRequest>(
    { title, quantity, description, link },
    { rules: rulesFor(draft), onChange: (typed) => onChange({ ...draft, ...typed }) },
  )
  const [wasTried, setTried] = useState(false)
  const product = useProducts(sku === '' ? [] : [sku]).get(sku)
  const { field, values } = form
  const command = useCommand({
    send: (key, request: NewRequest) => submit(key, request),
    onDone,
    inWords: (problem: Problem) =>
      form.refuse(asSentences(problem.violations)) ? null : whyRefused(problem),
  })
  const missing = productTrouble(draft)
  const isInStock = kind === 'back_in_stock' && product !== undefined && canBeBought(product)

  return (
    <form
      noValidate
      className={styles.form}
      onSubmit={(event) => {
        setTried(true)
        form.onSubmit((typed) => {
          if (missing !== null || isInStock) return
          if (isGuest) onSignIn()
          else command.run(toRequest({ ...draft, ...typed }))
        })(event)
      }}
    >
      <ErrorSummary faults={form.faults} tries={form.tries} />
      <div role="alert">
        {command.trouble !== null && <p className={styles.trouble}>{command.trouble}</p>}
      </div>
      {kind !== 'missing_product' && (
        <ProductChoice
          label="Product"
          sku={sku}
          optional={kind === 'quote'}
          error={wasTried ? missing : null}
          onChoose={(chosen) => onChange({ ...draft, ...values, sku: chosen })}
        />
      )}
      {isInStock && (
        <p role="status" className={styles.notice}>
          It is in stock. <Link to={`/products/${sku}`}>See {product.name}</Link>
        </p>
      )}
      {(kind === 'missing_product' || (kind === 'quote' && sku === '')) && (
        <TextField
          {...field('title')}
          label={kind === 'quote' ? 'Or what you need, if we don’t sell it yet' : 'What you are looking for'}
          hint="A few words that others would search for, such as “mug for the left hand”."
          autoComplete="off"
          maxLength={LONGEST_TITLE}
        />
      )}
      {kind === 'missing_product' && (
        <div className={styles.inline}>
          <Similar title={values.title} />
        </div>
      )}
      {kind === 'quote' && (
        <TextField
          {...field('quantity')}
          label="Quantity"
          inputMode="numeric"
          autoComplete="off"
          maxLength={7}
        />
      )}
      {kind !== 'back_in_stock' && (
        <>
          <TextAreaField
            {...field('description')}
            label={kind === 'quote' ? 'Details' : 'Description'}
            hint={
              kind === 'quote'
                ? 'Delivery date, place, engraving and so on. Only you and the shop can read this.'
                : 'Size, material, purpose. Everyone can read this; your name is not shown.'
            }
            maxLength={2_000}
            rows={5}
            optional
          />
          <TextField
            {...field('link')}
            label="Link to a web page about it"
            type="url"
            inputMode="url"
            hint="Links are only shown if your account is more than a day old."
            autoComplete="off"
            maxLength={500}
            optional
          />
        </>
      )}
      {isGuest && (
        <p className={styles.soft}>
          You need to sign in, so that we can tell you the answer. What you typed is kept.
        </p>
      )}
      <button type="submit" className={`button ${styles.send}`} aria-disabled={command.isBusy || isInStock}>
        {command.isBusy ? 'One moment' : isGuest ? 'Sign in to send' : actions[kind]}
      </button>
    </form>
  )
}

const actions = {
  missing_product: 'Send request',
  back_in_stock: 'Tell me when it’s back',
  quote: 'Request a quote',
} satisfies Record<Draft['kind'], string>
