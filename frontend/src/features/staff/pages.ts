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

/** The page that an address belongs to; null where it is none of these. */
export function pageAt(pathname: string): StaffPage | null {
  return pages.find(({ path }) => matchPath({ path, end: false }, pathname) !== null) ?? null
}
