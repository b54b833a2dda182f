// A button whose deed cannot be taken back: it asks before. Called by the pages of this folder.
import { useState, type ReactNode } from 'react'
import { useCommand } from '../../api/useCommand'
import { Confirm } from '../../components/Confirm'
import { NOT_ANSWERED, whyRefused } from './words'

interface AskProps {
  label: string
  /** What follows the label for whoever does not see where the button stands. */
  of?: string
  title: string
  children: ReactNode
  action: string
  instead: string
  send: () => Promise<void>
  onDone?: () => void
}

export function Ask({ label, of, title, children, action, instead, send, onDone }: AskProps) {
  const [isAsked, setAsked] = useState(false)
  const command = useCommand({
    send: () => send(),
    onDone: () => {
      setAsked(false)
      onDone?.()
    },
    inWords: whyRefused,
    unanswered: NOT_ANSWERED,
  })
  return (
    <>
      <button type="button" className="text-button" onClick={() => setAsked(true)}>
        {label}
        {of !== undefined && <span className="visually-hidden"> {of}</span>}
      </button>
      {isAsked && (
        <Confirm
          title={title}
          action={action}
          instead={instead}
          isBusy={command.isBusy}
          trouble={command.trouble}
          onConfirm={() => command.run(undefined)}
          onClose={() => {
            command.forget()
            setAsked(false)
          }}
        >
          {children}
        </Confirm>
      )}
    </>
  )
}
