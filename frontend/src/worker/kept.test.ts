// Signing out has nothing to remove from the service worker, since it keeps nothing that is anybody's.
import { expect, it } from 'vitest'
import commands from '../../../docs/openapi/command-api.json'
import queries from '../../../docs/openapi/query-api.json'
import { isForEverybody, isKept } from './kept'

const at = (address: string) => isKept(new URL(address, 'https://shop.test'))

it('of all routes of both APIs it keeps the catalogue, and nothing else', () => {
  const routes = [...Object.keys(queries.paths), ...Object.keys(commands.paths)]
  expect(routes.length).toBeGreaterThan(50)
  const filledIn = routes.map((route) => route.replace(/\{[^}]+\}/g, 'X'))
  expect(filledIn.filter(at).sort()).toEqual(['/api/queries/products', '/api/queries/products/X'])
})

it('keeps lists by category, price and order, page by page', () => {
  expect(at('/api/queries/products?currency=EUR&in-stock=true&sort=newest&limit=100')).toBe(true)
  expect(at('/api/queries/products?category=kitchen&min-price=0&max-price=999&cursor=c')).toBe(true)
})

it('keeps no list that says something about a person', () => {
  for (const query of [
    'q=gift+for+bob',
    'sku=KIT-MUG',
    'sku=A&sku=B&limit=100',
    'currency=EUR&q=x',
    'min-version=3',
  ])
    expect(at(`/api/queries/products?${query}`), query).toBe(false)
})

it('keeps no other address', () => {
  for (const other of ['/', '/orders/1', '/api/queries/products/x/y', '/api/queries/products/x?staff=1'])
    expect(at(other), other).toBe(false)
})

it('keeps no answer that the shop does not call public, and no failure', () => {
  const said = (cacheControl: string, status = 200) =>
    isForEverybody(new Response(null, { status, headers: { 'cache-control': cacheControl } }))
  expect(said('public, max-age=0, must-revalidate')).toBe(true)
  expect(said('no-store')).toBe(false)
  expect(said('private, no-cache')).toBe(false)
  expect(said('public', 502)).toBe(false)
})
