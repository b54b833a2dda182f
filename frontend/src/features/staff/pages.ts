// The pages of this folder and the roles that open each, as docs/roles.md says of the routes behind them. Called by StaffShell.tsx.
import { matchPath } from 'react-router'
import type { StaffRole } from '../../api/session'

export interface StaffPage {
  path: string
  name: string
  roles: StaffRole[]
}

const pages: StaffPage[] = [
  { path: '/staff/orders', name: 'Orders', roles: ['staff', 'analyst'] },
  { path: '/staff/requests', name: 'Requests', roles: ['staff'] },
  { path: '/staff/codes', name: 'Codes', roles: ['staff', 'analyst'] },
  { path: '/staff/stock', name: 'Stock', roles: ['staff', 'analyst'] },
  { path: '/staff/audit', name: 'Audit', roles: ['ops'] },
]

/** Several roles add up. */
export function pagesOf(roles: readonly string[]): StaffPage[] {
  return pages.filter((page) => page.roles.some((role) => roles.includes(role)))
}

/** Where an account with these roles is led from an address that it may not see; null where it may stay. */
export function elsewhere(pathname: string, roles: readonly string[]): string | null {
  const asked = pages.find(({ path }) => matchPath({ path, end: false }, pathname) !== null)
  const open = pagesOf(roles)
  return asked === undefined || open.includes(asked) ? null : (open[0]?.path ?? null)
}
