// A number that is typed or stepped, over a value that somebody else holds and that may change at any time. What the field
// shows is that value, except while something is typed that was not confirmed yet. Called by NumberStepper.tsx.
import { useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react'
import { flushSync } from 'react-dom'
import { afterPress } from './form/press'
import { wholeNumberOf } from './wholeNumber'

interface Options {
  value: number
  min: number
  max: number
  onChange: (value: number) => void
  /** A click outside of it confirms what is typed. */
  box: RefObject<HTMLElement | null>
}

/** What is typed, and the value that it was typed over: it counts only as long as that is still the value. */
interface Draft {
  text: string
  over: number
}

interface Said {
  text: string
  /** Also to be seen: why nothing was changed. */
  isProblem: boolean
}

export function useTypedNumber({ value, min, max, onChange, box }: Options) {
  const [draft, setDraft] = useState<Draft | null>(null)
  const [said, setSaid] = useState<Said>({ text: '', isProblem: false })
  const asked = useRef<number | null>(null)
  // Clicks may come faster than the page is drawn: until then the next step counts from what was asked for last.
  useLayoutEffect(() => {
    asked.current = null
  })

  const typed = draft?.over === value ? draft.text : null
  const say = (text: string, isProblem = false) => setSaid({ text, isProblem })

  const ask = (number: number) => {
    setDraft(null)
    if (number === (asked.current ?? value)) return
    asked.current = number
    onChange(number)
  }

  const confirm = () => {
    // What was overtaken is forgotten: the value may come back to what it was typed over.
    if (typed === null) return setDraft(null)
    const problem = problemOf(typed, min, max)
    if (problem === null) ask(wholeNumberOf(typed) ?? value)
    else setDraft(null)
    // The words take room: they would move what is being pressed away from under the finger.
    afterPress(() => say(problem === null ? '' : `${problem} Nothing was changed.`, problem !== null))
  }

  const step = (by: number) => {
    const isTyped = typed !== null && problemOf(typed, min, max) === null
    const from = (isTyped ? wholeNumberOf(typed) : asked.current) ?? asked.current ?? value
    const next = Math.min(Math.max(from + by, min), max)
    ask(next)
    if (next === from) say(by > 0 ? `${max} is the most.` : `${min} is the least.`, true)
    else say(String(next))
  }

  const latest = useRef(confirm)
  useLayoutEffect(() => {
    latest.current = confirm
  })

  // A click elsewhere counts on what is typed, so that is confirmed before the click is heard there. Left by a press, the field
  // waits for it; and Safari on a phone keeps focus in the field whatever is tapped.
  useEffect(() => {
    if (typed === null) return
    const outside = ({ target }: MouseEvent) => {
      if (box.current?.contains(target as Node) === false) flushSync(confirm)
    }
    document.addEventListener('click', outside, true)
    return () => document.removeEventListener('click', outside, true)
  })

  return {
    text: typed ?? String(value),
    isTyping: typed !== null,
    said: draft !== null && draft.over !== value ? overtaken(value) : said,
    type: (text: string) => {
      setDraft({ text, over: value })
      say('')
    },
    confirm,
    // The number that is confirmed may move the page (a line says "Only 9 in stock"), away from under the finger.
    leave: () => afterPress(() => latest.current()),
    step,
    restore: () => {
      setDraft(null)
      say(String(value))
    },
  }
}

function overtaken(value: number): Said {
  return { text: `Changed elsewhere to ${value}.`, isProblem: true }
}

function problemOf(typed: string, min: number, max: number): string | null {
  const number = wholeNumberOf(typed)
  if (number === null) return `Enter a whole number from ${min} to ${max}.`
  if (number > max) return `${max} is the most.`
  return number < min ? `${min} is the least.` : null
}
