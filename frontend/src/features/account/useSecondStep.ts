// The second step of signing in, as a step of the browser's history: Back leads to the password, and a page that is loaded again
// goes on where it was. Called by SignInPage.tsx and RegisterPage.tsx.
import { useEffect, useRef, useState, type RefObject } from 'react'
import { useLocation, useNavigate } from 'react-router'
import { whySigningIn } from '../../components/signingIn'
import type { SecondStep } from './types'

interface Entering {
  /** Null while the password is asked for. */
  step: SecondStep | null
  /** What was typed before the second step, or where one came from. */
  email: string
  /** Why one was led here, to follow "Sign in to"; null where nobody said. */
  why: string | null
  /** Of the page that asks for the password: takes focus when somebody comes back to it. */
  heading: RefObject<HTMLHeadingElement | null>
  take: (step: SecondStep, email: string) => void
  again: () => void
}

export function useSecondStep(): Entering {
  const { pathname, search, state } = useLocation()
  const navigate = useNavigate()
  const [email, setEmail] = useState<string>(typeof state?.email === 'string' ? state.email : '')
  const heading = useRef<HTMLHeadingElement>(null)
  const step = (state?.secondStep ?? null) as SecondStep | null
  const before = useRef(step)

  useEffect(() => {
    if (before.current !== null && step === null) heading.current?.focus()
    before.current = step
  }, [step])

  return {
    step,
    email,
    why: whySigningIn(state),
    heading,
    take: (asked, typed) => {
      setEmail(typed)
      void navigate({ pathname, search }, { state: { secondStep: asked } })
    },
    // The password's page is the one before, on which this one was opened.
    again: () => void navigate(-1),
  }
}
