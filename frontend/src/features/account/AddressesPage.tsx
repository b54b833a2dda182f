// The address book: what the checkout offers to fill in.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState, type RefObject } from 'react'
import type { Address } from '../../api/types'
import { Trouble } from '../../components/Trouble'
import { inLines } from './address'
import { AddressForm } from './AddressForm'
import { addressesQuery, countriesQuery, removeAddress } from './api'
import { Ask } from './Ask'
import { Listed } from './Listed'
import styles from './Account.module.css'

/** As many as the shop keeps of one account. */
const MOST = 20

type Editing = { kind: 'no' } | { kind: 'new' } | { kind: 'change'; address: Address }

export function AddressesPage() {
  const client = useQueryClient()
  const addresses = useQuery(addressesQuery())
  const countries = useQuery(countriesQuery())
  const [editing, setEditing] = useState<Editing>({ kind: 'no' })
  const [said, setSaid] = useState('')
  const main = useRef<HTMLHeadingElement>(null)
  const again = () => void client.invalidateQueries({ queryKey: addressesQuery().queryKey })
  const close = (words: string) => {
    setEditing({ kind: 'no' })
    setSaid(words)
    again()
    main.current?.focus()
  }
  const isFull = (addresses.data?.length ?? 0) >= MOST

  return (
    <>
      <title>Addresses · Cartwright</title>
      <h1 ref={main} tabIndex={-1}>
        Addresses
      </h1>
      <p role="status" aria-label="Addresses">
        {said}
      </p>
      {editing.kind === 'no' ? (
        <section className={styles.section} aria-label="Your address book">
          <Listed
            of={addresses}
            name="Your addresses"
            empty={<p>No saved addresses yet. A saved address is filled in for you at checkout.</p>}
          >
            {(address) => (
              <Entry
                key={address.id}
                address={address}
                next={main}
                onChange={() => setEditing({ kind: 'change', address })}
                onRemoved={() => close('Address removed.')}
              />
            )}
          </Listed>
          {isFull ? (
            <p className={styles.soft}>You can save up to {MOST} addresses. Remove one to add another.</p>
          ) : (
            addresses.data !== undefined && (
              <button type="button" className="button" onClick={() => setEditing({ kind: 'new' })}>
                Add address
              </button>
            )
          )}
        </section>
      ) : countries.isError && countries.data === undefined ? (
        <Trouble title="The list of countries did not load" onRetry={() => void countries.refetch()}>
          Your addresses are safe.
        </Trouble>
      ) : countries.data === undefined ? (
        <div className={`skeleton ${styles.place}`} aria-busy="true" />
      ) : (
        <AddressForm
          address={editing.kind === 'change' ? editing.address : null}
          countries={countries.data}
          onDone={() => close('Address saved.')}
          onUnanswered={again}
          onClose={() => close('')}
        />
      )}
    </>
  )
}

interface EntryProps {
  address: Address
  next: RefObject<HTMLElement | null>
  onChange: () => void
  onRemoved: () => void
}

function Entry({ address, next, onChange, onRemoved }: EntryProps) {
  const { id, name, line1 } = address
  const of = `${name}, ${line1}`
  return (
    <li className={styles.entry}>
      <div>
        <p className={styles.entryName}>{name}</p>
        <p className={styles.soft}>{inLines(address).join(' · ')}</p>
      </div>
      <div className={styles.buttons}>
        <button type="button" className="text-button" onClick={onChange}>
          Edit<span className="visually-hidden"> {of}</span>
        </button>
        <Ask
          label="Remove"
          of={of}
          title="Remove this address?"
          action="Remove address"
          instead="Keep address"
          send={() => removeAddress(id)}
          onDone={onRemoved}
          next={next}
        >
          <p>{of}. Orders already placed are still delivered there.</p>
        </Ask>
      </div>
    </li>
  )
}
