// Deeds that the shop has not answered yet, kept in the browser so that none is lost with its tab. Called by deeds.ts.
import type { Wish } from './deeds'

export interface Kept {
  key: string
  wish: Wish
  said: string
  due: number
}

const nameOf = (account: string) => `cartwright.staff-deeds.${account}`

export function kept(account: string): Kept[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(nameOf(account)) ?? '[]')
    return Array.isArray(found) ? (found as Kept[]) : []
  } catch {
    // A browser that keeps nothing, or what is no list: then the page alone knows them.
    return []
  }
}

export function keep(account: string, deed: Kept): void {
  write(account, [...kept(account), deed])
}

export function forget(account: string, key: string): void {
  write(
    account,
    kept(account).filter((deed) => deed.key !== key),
  )
}

function write(account: string, deeds: Kept[]): void {
  try {
    if (deeds.length === 0) localStorage.removeItem(nameOf(account))
    else localStorage.setItem(nameOf(account), JSON.stringify(deeds))
  } catch {
    // As above.
  }
}
