import { expect, it } from 'vitest'
import { visibleRows } from '../../src/state/visible-rows.ts'

const list = { rowHeightPx: 10, viewHeightPx: 100 }

it.each([
  ['the top of a long list', { rows: 2000, scrolledPx: 0 }, { first: 0, end: 16 }],
  ['its middle', { rows: 2000, scrolledPx: 5000 }, { first: 494, end: 516 }],
  ['its end', { rows: 2000, scrolledPx: 19_900 }, { first: 1984, end: 2000 }],
  ['a list that has become shorter than it is scrolled', { rows: 5, scrolledPx: 5000 }, { first: 5, end: 5 }],
  ['an empty list', { rows: 0, scrolledPx: 0 }, { first: 0, end: 0 }],
  ['a list that is pulled beyond its top', { rows: 2000, scrolledPx: -80 }, { first: 0, end: 16 }]
])('only rows in sight and a few beyond are in the page: %s', (_, part, expected) => {
  expect(visibleRows({ ...list, ...part })).toEqual(expected)
})
