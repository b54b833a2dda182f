// What somebody typed for a request, over a reload of this tab and the way to sign in. Called by NewRequestPage.tsx.
import type { RequestKind } from '../../api/types'

const PLACE = 'cartwright.request'

export interface Draft {
  kind: RequestKind
  title: string
  description: string
  link: string
  quantity: string
  /** The product that it is about. */
  sku: string
}

export const noDraft: Draft = {
  kind: 'missing_product',
  title: '',
  description: '',
  link: '',
  quantity: '',
  sku: '',
}

export const kindsOfRequest: readonly RequestKind[] = ['missing_product', 'back_in_stock', 'quote']

/** What was typed, unless the address says what it is to be about: then that. */
export function draftFor(params: URLSearchParams): Draft {
  const kind = kindsOfRequest.find((known) => known === params.get('kind'))
  const given = {
    ...(kind === undefined ? {} : { kind }),
    ...(params.has('title') ? { title: (params.get('title') ?? '').slice(0, 120) } : {}),
    ...(params.has('sku') ? { sku: params.get('sku') ?? '' } : {}),
    ...(params.has('quantity') ? { quantity: params.get('quantity') ?? '' } : {}),
  }
  const held = keptDraft()
  const isOther = Object.entries(given).some(([name, value]) => held[name as keyof Draft] !== value)
  return isOther ? { ...noDraft, ...given } : held
}

function keptDraft(): Draft {
  try {
    return { ...noDraft, ...(JSON.parse(sessionStorage.getItem(PLACE) ?? '{}') as Partial<Draft>) }
  } catch {
    return noDraft
  }
}

export function keepDraft(draft: Draft): void {
  try {
    sessionStorage.setItem(PLACE, JSON.stringify(draft))
  } catch {
    // A browser that stores nothing can still ask; only a reload would begin anew.
  }
}

export function forgetDraft(): void {
  try {
    sessionStorage.removeItem(PLACE)
  } catch {
    // There is nothing to forget.
  }
}
