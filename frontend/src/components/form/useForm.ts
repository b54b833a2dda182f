// The fields of a form, and when their errors show: late (when a field is left, or the form is sent), and gone as soon as
// the field is right. Called by every form of checkout, orders, accounts and staff.
import { useId, useRef, useState, type SubmitEvent } from 'react'
import type { Violation } from '../../api/problem'
import { afterPress } from './press'

/** Null: it can be sent. Whether it can may depend on the other fields: a postal code's form, on the country. */
export type Rule = (value: string, others?: Partial<Record<string, string>>) => string | null
type Values<Name extends string> = Record<Name, string>
type Said<Name extends string> = Partial<Record<Name, string>>

export interface FieldProps {
  id: string
  name: string
  value: string
  error: string | null
  onChange: (value: string) => void
  onBlur: () => void
}

export interface Fault {
  id: string
  text: string
}

export interface Form<Name extends string> {
  values: Values<Name>
  set: (name: Name, value: string) => void
  field: (name: Name) => FieldProps
  /** What is in the way of sending, in the order of the fields; empty until it was tried. */
  faults: Fault[]
  /** Grows with each try that failed: the summary takes focus then. */
  tries: number
  onSubmit: (then: (values: Values<Name>) => void) => (event: SubmitEvent) => void
  /** The server's complaints. Answers whether any of them is about a field of the form. */
  refuse: (violations: Violation[]) => boolean
}

interface Options<Name extends string> {
  rules: Partial<Record<Name, Rule>>
  /** Told of each change, to keep it. */
  onChange?: (values: Values<Name>) => void
  /** Of a field, in the server's words: `contact.email` for `email`. */
  prefix?: string
  /** Fields whose blanks count: passwords. */
  verbatim?: NoInfer<Name>[]
}

export function useForm<Name extends string>(
  initial: Values<Name>,
  { rules, onChange, prefix = '', verbatim = [] }: Options<Name>,
): Form<Name> {
  const form = useId()
  const [values, setValues] = useState(initial)
  const [shown, setShown] = useState<Name[]>([])
  const [said, setSaid] = useState<Said<Name>>({})
  const [tries, setTries] = useState(0)
  const current = useRef(values)
  const names = Object.keys(initial) as Name[]

  const asSent = (name: Name, value: string) => (verbatim.includes(name) ? value : value.trim())
  const errorOf = (name: Name, all: Values<Name>): string | null =>
    rules[name]?.(asSent(name, all[name]), all) ?? null
  const idOf = (name: Name) => `${form}-${name}`
  const shownError = (name: Name) => said[name] ?? (shown.includes(name) ? errorOf(name, values) : null)

  const set = (name: Name, value: string) => {
    current.current = { ...current.current, [name]: value }
    setValues(current.current)
    onChange?.(current.current)
    if (said[name] !== undefined) setSaid((before) => ({ ...before, [name]: undefined }))
    if (errorOf(name, current.current) === null)
      setShown((before) => before.filter((other) => other !== name))
  }

  return {
    values,
    set,
    field: (name) => ({
      id: idOf(name),
      name,
      value: values[name],
      error: shownError(name),
      onChange: (value) => set(name, value),
      // Left by a press on something else: the error takes room, and would move that away before it is clicked.
      onBlur: () =>
        afterPress(() => {
          const all = current.current
          if (all[name].trim() === '' || errorOf(name, all) === null) return
          setShown((before) => (before.includes(name) ? before : [...before, name]))
        }),
    }),
    faults:
      tries === 0
        ? []
        : names.flatMap((name) => {
            const text = shownError(name)
            return text === null ? [] : [{ id: idOf(name), text }]
          }),
    tries,
    onSubmit: (then) => (event) => {
      event.preventDefault()
      const wrong = names.filter((name) => errorOf(name, current.current) !== null)
      setSaid({})
      setShown(wrong)
      if (wrong.length === 0) {
        setTries(0)
        then(mapped(current.current, asSent))
      } else {
        setTries((before) => before + 1)
      }
    },
    refuse: (violations) => {
      const complaints: Said<Name> = {}
      for (const name of names) {
        const about = violations.find(({ field }) => field === name || field === `${prefix}${name}`)
        if (about !== undefined) complaints[name] = about.message
      }
      const isAboutFields = Object.keys(complaints).length > 0
      if (isAboutFields) {
        setSaid(complaints)
        setTries((before) => before + 1)
      }
      return isAboutFields
    },
  }
}

function mapped<Name extends string>(
  values: Values<Name>,
  change: (name: Name, value: string) => string,
): Values<Name> {
  const entries = Object.entries(values) as [Name, string][]
  return Object.fromEntries(entries.map(([name, value]) => [name, change(name, value)])) as Values<Name>
}
