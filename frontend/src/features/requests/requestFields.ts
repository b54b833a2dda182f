// What has to be in the fields of a request, said before it is sent, and how it is sent. The shop has the last word. Pure.
import type { NewRequest } from '../../api/types'
import type { Rule } from '../../components/form/useForm'
import type { Draft } from './draft'
import { formatNumber } from '../../components/locale'

const SHORTEST_TITLE = 3
export const LONGEST_TITLE = 120
const MOST = 100_000

/** Those that are typed. */
export type FieldOfRequest = 'title' | 'quantity' | 'description' | 'link'

export function rulesFor({ kind, sku }: Draft): Partial<Record<FieldOfRequest, Rule>> {
  const title: Rule = (value) => {
    const length = [...value].length
    if (length === 0) return 'Enter what you are looking for.'
    return length < SHORTEST_TITLE ? `Enter at least ${SHORTEST_TITLE} letters.` : null
  }
  const link: Rule = (value) => {
    if (value === '') return null
    return isPage(value) ? null : 'Enter a web address such as https://example.org/mug.'
  }
  switch (kind) {
    case 'missing_product':
      return { title, link }
    case 'back_in_stock':
      return {}
    case 'quote':
      return { quantity, link, ...(sku === '' ? { title: titleOrProduct } : {}) }
  }
}

const titleOrProduct: Rule = (value) => {
  if (value === '') return 'Choose a product, or enter what you need.'
  return [...value].length < SHORTEST_TITLE ? `Enter at least ${SHORTEST_TITLE} letters.` : null
}

const quantity: Rule = (value) => {
  const count = /^\d{1,6}$/.test(value) ? Number(value) : 0
  return count >= 1 && count <= MOST ? null : `Enter a whole number from 1 to ${formatNumber(MOST)}.`
}

/** What is wrong with the choice of a product; its field is none of the form's. */
export function productTrouble({ kind, sku }: Draft): string | null {
  return kind === 'back_in_stock' && sku === '' ? 'Choose a product.' : null
}

/** As it is sent: what was left empty, or is of another kind, is left out. */
export function toRequest({ kind, title, description, link, quantity: count, sku }: Draft): NewRequest {
  if (kind === 'back_in_stock') return { kind, sku }
  return {
    kind,
    ...(kind === 'quote' ? { quantity: Number(count) } : {}),
    ...(kind === 'quote' && sku !== '' ? { sku } : { title }),
    ...(description === '' ? {} : { description }),
    ...(link === '' ? {} : { link }),
  }
}

function isPage(address: string): boolean {
  try {
    const { protocol, hostname } = new URL(address)
    return (protocol === 'https:' || protocol === 'http:') && hostname !== ''
  } catch {
    return false
  }
}
