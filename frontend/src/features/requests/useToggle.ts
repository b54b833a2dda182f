// A yes or no about a request that counts at once: shown as wanted while the shop is told, and as the shop has it afterwards.
import { useState } from 'react'
import { useCommand } from '../../api/useCommand'
import type { CommandAnswer } from '../../api/types'
import { useShow } from './useShow'
import { whyRefused } from './words'

interface ToggleOptions {
  id: string
  /** Of the request that `isOn` is of. */
  version: number
  isOn: boolean
  send: (key: string, on: boolean) => Promise<CommandAnswer>
}

interface Toggle {
  isOn: boolean
  isBusy: boolean
  trouble: string | null
  turn: (on: boolean) => void
}

export function useToggle({ id, version, isOn, send }: ToggleOptions): Toggle {
  const show = useShow()
  const [wanted, setWanted] = useState(isOn)
  const [answered, setAnswered] = useState<{ on: boolean; version: number } | null>(null)
  const { isBusy, trouble, run } = useCommand({
    send: (key, on: boolean) => send(key, on).then((answer) => ({ answer, on })),
    onDone: ({ answer, on }) => {
      setAnswered({ on, version: answer.version })
      void show(id, answer.version)
    },
    inWords: whyRefused,
  })
  const isBehind = answered !== null && answered.version > version
  return {
    isOn: isBusy ? wanted : isBehind ? answered.on : isOn,
    isBusy,
    trouble,
    turn: (on) => {
      if (isBusy) return
      setWanted(on)
      run(on)
    },
  }
}
