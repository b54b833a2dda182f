// The deeds that can still be taken back, for the pages of this folder. Provided by Deeds.tsx.
import { createContext, use, useSyncExternalStore } from 'react'
import type { Deed, Deeds } from './deeds'

export const DeedsContext = createContext<Deeds | null>(null)

const none: Deed[] = []
const nothing = () => () => {}

/** Null for an account that changes nothing. */
export function useDeeds(): { deeds: Deeds | null; list: Deed[] } {
  const deeds = use(DeedsContext)
  const list = useSyncExternalStore(deeds?.subscribe ?? nothing, deeds?.current ?? (() => none))
  return { deeds, list }
}

/** Those that are still to be seen in the order: refused ones did not happen. */
export function underway(list: Deed[], order: string): Deed[] {
  return list.filter(({ wish, state }) => wish.order === order && state !== 'refused')
}
