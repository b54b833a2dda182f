// A button whose command is asked about before it is sent. Called by the pages of accounts and of staff, each with its
// own words.
import { useState, type ReactNode } from 'react'
import { useCommand, type CommandOptions } from '../api/useCommand'
import { Confirm } from './Confirm'

export interface AskedButtonProps<Answer> extends Omit<CommandOptions<undefined, Answer>, 'send'> {
  label: string
  /** What follows the label for whoever does not see where the button stands. */
  of?: string
  title: string
  children: ReactNode
  action: string
  instead: string
  send: (key: string) => Promise<Answer>
}

export function AskedButton<Answer>({
  label,
  of,
  title,
  children,
  action,
  instead,
  onDone,
  ...command
}: AskedButtonProps<Answer>) {
  const [isAsked, setAsked] = useState(false)
  const { isBusy, trouble, forget, run } = useCommand<undefined, Answer>({
    ...command,
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
          isBusy={isBusy}
          trouble={trouble}
          onConfirm={() => run(undefined)}
          onClose={() => {
            forget()
            setAsked(false)
          }}
        >
          {children}
        </Confirm>
      )}
    </>
  )
}
