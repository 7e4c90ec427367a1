import { describe, expect, it } from 'vitest'
import {
  containerFilterQuery,
  eventFilterQuery,
  listFilterQuery,
  parseContainerFilter,
  parseEventFilter,
  parseListFilter
} from '../../src/routing/filters.ts'

describe('the filter of containers in an address', () => {
  it('comes back as it was written, whatever its words hold', () => {
    const filter = {
      search: 'a&b=c#d',
      kind: 'chat room',
      state: 'serving',
      labels: ['eu', 'größe/ä'],
      agent: '../x',
      page: 3
    } as const
    expect(parseContainerFilter(new URLSearchParams(containerFilterQuery(filter).toString()))).toEqual(filter)
  })

  it('is empty for the whole list', () => {
    const whole = parseContainerFilter(new URLSearchParams())
    expect(whole).toEqual({ search: '', kind: '', state: '', labels: [], agent: '', page: 1 })
    expect(containerFilterQuery(whole).toString()).toBe('')
  })

  it('takes for not said what makes no sense', () => {
    const query = new URLSearchParams('state=flying&label=&label=a&label=a&page=-2')
    expect(parseContainerFilter(query)).toMatchObject({ state: '', labels: ['a'], page: 1 })
    expect(parseContainerFilter(new URLSearchParams('page=1.5')).page).toBe(1)
    expect(parseContainerFilter(new URLSearchParams('page=1e999')).page).toBe(1)
  })
})

it('the filter of events comes back as it was written, and holds nothing that was not said', () => {
  const filter = { change: 'removed', subject: 'agent', kind: 'room', agent: 'a1', search: 'x' } as const
  expect(parseEventFilter(eventFilterQuery(filter))).toEqual(filter)
  expect(parseEventFilter(new URLSearchParams('change=exploded&subject=&kind='))).toEqual({})
})

it('a search and a page come back as they were written', () => {
  expect(parseListFilter(listFilterQuery({ search: 'eu', page: 2 }))).toEqual({ search: 'eu', page: 2 })
  expect(listFilterQuery({ search: '', page: 1 }).toString()).toBe('')
})
