// What the cart says to the shopper. Called by CartProvider.tsx and the lines.
import { formatMoney } from '../../components/money'
import type { Offer } from '../../api/types'
import type { CartState, ShownLine, Wish } from './cartState'
import type { Refusal } from './cartSync'

export function count(items: number): string {
  return items === 1 ? '1 item' : `${items} items`
}

export function inWords(lines: Wish[]): string {
  const [only] = lines
  return lines.length === 1 && only !== undefined ? only.name : `${lines.length} products`
}

/** What happened, what is safe, and why. */
export function wasNotDone({ command, detail }: Refusal, state: CartState): string {
  const nameOf = (sku: string) => state.document?.lines.find((line) => line.sku === sku)?.name ?? sku
  switch (command.kind) {
    case 'add':
      return `${inWords(command.lines)} could not be added. ${sentence(detail)} The rest of your cart is as you left it.`
    case 'set':
      return `The quantity of ${nameOf(command.sku)} was not changed. ${sentence(detail)} Your cart is as it was before.`
    case 'remove':
      return `${nameOf(command.sku)} was not removed. ${sentence(detail)} Your cart is as it was before.`
    case 'clear':
      return `Your cart was not emptied. ${sentence(detail)}`
  }
}

/** A guest signed in, and the account's cart has no room for everything. */
export function didNotFit(items: { name: string; quantity: number }[]): string {
  const all = items.reduce((sum, { quantity }) => sum + quantity, 0)
  const each = items.map(({ name, quantity }) => `${quantity} × ${name}`).join(', ')
  return `${count(all)} did not fit into your cart: ${each}. Everything else is in it.`
}

export const SIGNED_OUT_ELSEWHERE = 'Your session ended. Your cart is kept with your account.'

function sentence(text: string): string {
  const trimmed = text.trim()
  const capital = trimmed.charAt(0).toLocaleUpperCase() + trimmed.slice(1)
  return /[.!?]$/.test(capital) ? capital : `${capital}.`
}

/** What changed about a line's product since it was put in; most important first. */
export function sinceAdded(line: ShownLine, now: Offer | undefined): string[] {
  if (now === undefined) return []
  const said: string[] = []
  if (!now.listed) said.push('No longer sold. Please remove it.')
  else if (now.available <= 0) said.push('Out of stock at the moment.')
  else if (now.available < line.quantity) said.push(`Only ${now.available} in stock.`)
  if (now.price.currency === line.unit_price.currency && now.price.minor !== line.unit_price.minor) {
    const before = formatMoney(line.unit_price)
    said.push(`The price changed since you added it: it was ${before}, it is ${formatMoney(now.price)} now.`)
  }
  return said
}
