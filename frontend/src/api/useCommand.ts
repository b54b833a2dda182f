// One command of a page: sent under one key until it is answered, with what is to be said meanwhile. Called by the forms
// and dialogs of orders and staff.
import { useRef, useState } from 'react'
import { inWords, ProblemError, type Problem } from './problem'

interface Command<Wish> {
  isBusy: boolean
  trouble: string | null
  forget: () => void
  run: (wish: Wish) => void
}

interface CommandOptions<Wish, Answer> {
  send: (key: string, wish: Wish) => Promise<Answer>
  onDone: (answer: Answer) => void
  /** Answers whether it says the refusal itself. */
  onRefused?: (problem: Problem) => boolean
}

export function useCommand<Wish, Answer>({
  send,
  onDone,
  onRefused,
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
      const said = JSON.stringify(wish) ?? ''
      // The same again may have arrived already; something else is another command.
      if (sent.current?.wish !== said) sent.current = { key: crypto.randomUUID(), wish: said }
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
            return setTrouble('The shop did not answer. Press again: it is done once at most.')
          }
          sent.current = null
          if (onRefused?.(error.problem) !== true) setTrouble(inWords(error.problem))
        },
      )
    },
  }
}
