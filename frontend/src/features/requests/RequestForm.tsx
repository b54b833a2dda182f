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
          label={kind === 'quote' ? 'Which product' : 'What you wait for'}
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
          label={kind === 'quote' ? 'Or what it is, if we do not have it yet' : 'What you are looking for'}
          hint="A few words that others would look for, such as “mug for the left hand”."
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
          label="How many"
          inputMode="numeric"
          autoComplete="off"
          maxLength={7}
        />
      )}
      {kind !== 'back_in_stock' && (
        <>
          <TextAreaField
            {...field('description')}
            label={kind === 'quote' ? 'What we should know' : 'What it should be like'}
            hint={
              kind === 'quote'
                ? 'Until when you need them, an engraving, where they go. Only you and the shop read it.'
                : 'Size, material, what it is for. Everybody can read it, without your name.'
            }
            maxLength={2_000}
            rows={5}
            optional
          />
          <TextField
            {...field('link')}
            label="A page about it"
            type="url"
            inputMode="url"
            hint="Links of accounts younger than a day are left out."
            autoComplete="off"
            maxLength={500}
            optional
          />
        </>
      )}
      {isGuest && (
        <p className={styles.soft}>
          You need an account, so that we know whom to tell. What you typed is still here when you come back.
        </p>
      )}
      <button type="submit" className={`button ${styles.send}`} aria-disabled={command.isBusy || isInStock}>
        {command.isBusy ? 'One moment' : isGuest ? 'Sign in to send it' : actions[kind]}
      </button>
    </form>
  )
}

const actions = {
  missing_product: 'Ask for it',
  back_in_stock: 'Tell me when it is back',
  quote: 'Ask for a quote',
} satisfies Record<Draft['kind'], string>
