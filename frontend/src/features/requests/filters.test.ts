import { expect, it } from 'vitest'
import { filtersToParams, noFilters, parseFilters, toSearch } from './filters'

const parse = (address: string) => parseFilters(new URLSearchParams(address))

it('what the address says comes back as the same address', () => {
  const address = 'q=mug&stage=planned&sort=newest&pages=3'
  expect(filtersToParams(parse(address)).toString()).toBe(address)
})

it('what is usual is not in the address', () => {
  expect(filtersToParams(noFilters).size).toBe(0)
})

it('what makes no sense in an address is as if it were not there', () => {
  expect(parse('kind=quote&stage=lost&sort=price&pages=-4')).toEqual(noFilters)
  expect(parse('pages=9999').pages).toBe(40)
})

it('a stage asks for all of its states', () => {
  expect(toSearch(parse('stage=open&q=+mug+'))).toEqual({
    kind: 'missing_product',
    sort: 'support',
    q: 'mug',
    state: ['submitted', 'triaged'],
  })
})
