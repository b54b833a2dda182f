// A button of staff whose command is asked about before it is sent. Called by the pages of this folder.
import { useState, type ReactNode } from 'react'
import type { CommandAnswer } from '../../api/types'
import { useCommand } from '../../api/useCommand'
import { Confirm } from '../../components/Confirm'

interface ActProps {
  label: string
  /** What follows the label for whoever does not see where the button stands. */
  of?: string
  title: string
  children: ReactNode
  action: string
  instead?: string
  send: (key: string) => Promise<CommandAnswer>
  onDone: (answer: CommandAnswer) => void
}

export function Act({ label, of, title, children, action, instead = 'Leave it', send, onDone }: ActProps) {
  const [isAsked, setAsked] = useState(false)
  const command = useCommand({
    send: (key) => send(key),
    onDone: (answer) => {
      setAsked(false)
      onDone(answer)
    },
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
