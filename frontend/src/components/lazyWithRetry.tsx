// A component whose code is loaded when it is first shown. Where that fails, or it breaks, something else stands in its place, and
// the page around it stays. It is tried again when the browser comes online, and when it is shown anew.
import { Component, lazy, type ComponentType } from 'react'
import { loadPart } from './loadPart'

interface State<Props> {
  Part: ComponentType<Props>
  hasFailed: boolean
}

/** `Failed` gets the same properties. Around it belongs a `Suspense`, as around every lazy component. */
export function lazyWithRetry<Props extends object>(
  load: () => Promise<{ default: ComponentType<Props> }>,
  Failed: ComponentType<Props> = Nothing,
): ComponentType<Props> {
  const begin = () => lazy(() => loadPart(load)) as unknown as ComponentType<Props>
  // Shared by all places that show it. A failed one stays failed: React asks for it once.
  let current: State<Props> = { Part: begin(), hasFailed: false }

  return class Retried extends Component<Props, State<Props>> {
    static getDerivedStateFromError() {
      return { hasFailed: true }
    }

    override state = this.anew()

    anew(): State<Props> {
      if (current.hasFailed) current = { Part: begin(), hasFailed: false }
      return current
    }

    again = () => {
      if (this.state.hasFailed) this.setState(this.anew())
    }

    override componentDidCatch() {
      if (current.Part === this.state.Part) current = { ...current, hasFailed: true }
    }

    override componentDidMount() {
      window.addEventListener('online', this.again)
    }

    override componentWillUnmount() {
      window.removeEventListener('online', this.again)
    }

    override render() {
      const { Part, hasFailed } = this.state
      return hasFailed ? <Failed {...this.props} /> : <Part {...this.props} />
    }
  }
}

function Nothing() {
  return null
}
