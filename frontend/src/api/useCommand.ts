// One command of a page: sent under one key until it is answered, with what is to be said meanwhile. Called by the forms
// and dialogs of orders, accounts and staff.
import { useRef, useState } from 'react'
import { inWords, ProblemError, type Problem } from './problem'

interface Command<Wish> {
  isBusy: boolean
  trouble: string | null
  forget: () => void
  run: (wish: Wish) => void
}

export interface CommandOptions<Wish, Answer> {
  send: (key: string, wish: Wish) => Promise<Answer>
  onDone: (answer: Answer) => void
  /** The refusal for whoever reads it; null where it is said elsewhere. */
  inWords?: (problem: Problem) => string | null
  /** What is said when there was no answer, where sending it again is not harmless. */
  unanswered?: string
}

const ONCE_AT_MOST = 'The shop did not answer. Press again: it is done once at most.'

export function useCommand<Wish, Answer>({
  send,
  onDone,
  inWords: said = inWords,
  unanswered = ONCE_AT_MOST,
}: CommandOptions<Wish, Answer>): Command<Wish> {
  const [isBusy, setBusy] = useState(false)
  const [trouble, setTrouble] = useState<string | null>(null)
  const sent = useRef<{ key: string; wish: string } | null>(null)

  return {
    isBusy,
    trouble,
    forget: () => setTrouble(null),
    run: (wish) => {
      if (isBusy) return
      const asText = JSON.stringify(wish) ?? ''
      // The same again may have arrived already; something else is another command.
      if (sent.current?.wish !== asText) sent.current = { key: crypto.randomUUID(), wish: asText }
      setBusy(true)
      setTrouble(null)
      send(sent.current.key, wish).then(
        (answer) => {
          sent.current = null
          setBusy(false)
          onDone(answer)
        },
        (error: unknown) => {
          setBusy(false)
          if (!(error instanceof ProblemError)) {
            return setTrouble(unanswered)
          }
          sent.current = null
          setTrouble(said(error.problem))
        },
      )
    },
  }
}
