// Saying that a request is the same as another: those alike are proposed, others are searched for. Rendered by
// RequestPanel.tsx.
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { CommandAnswer, RequestDocument } from '../../../api/types'
import { isOpen, peopleInWords, requestName, requestStateInWords } from '../../../components/request/words'
import { Act } from '../Act'
import { markDuplicate, originalsQuery } from './api'
import { Find } from './Find'
import styles from './Triage.module.css'

interface MergeProps {
  request: RequestDocument
  onDone: (answer: CommandAnswer) => void
}

export function Merge({ request, onDone }: MergeProps) {
  const [q, setQ] = useState('')
  const { data, isError, isFetching } = useQuery(originalsQuery(request, q))
  const found = data?.filter(
    ({ id, state, kind }) => id !== request.id && kind === request.kind && isOpen(state),
  )
  return (
    <section aria-labelledby="panel-merge">
      <h2 id="panel-merge">The same as another</h2>
      <Find label="Words of the other request" onFind={setQ} />
      <p role="status" className={styles.soft}>
        {isError
          ? 'The requests did not load. Try once more.'
          : found === undefined || isFetching
            ? 'Looking for it'
            : found.length === 0
              ? q === ''
                ? 'No other request is like this one.'
                : 'No other request has these words.'
              : q === ''
                ? 'These are alike:'
                : 'Found:'}
      </p>
      <ul className={styles.found}>
        {found?.map((other) => {
          const name = requestName(other)
          return (
            <li key={other.id}>
              <p>
                {name}{' '}
                <span className={styles.soft}>
                  {requestStateInWords(other.state)}, {peopleInWords(other.supporters)}
                </span>
              </p>
              <Act
                label="Same as this"
                of={name}
                title={`The same as “${name}”?`}
                action="It is the same"
                send={(key) => markDuplicate(key, request.id, other.id)}
                onDone={onDone}
              >
                <p>
                  It goes on with “{name}”. Whoever supports or follows it does so there, counted once, and is
                  told. This cannot be taken back.
                </p>
              </Act>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
