import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DeadlineTable } from '../../src/time/deadline-table.ts'

function popAll<K>(table: DeadlineTable<K>, now: number): K[] {
  const keys: K[] = []
  for (let key = table.popDue(now); key !== undefined; key = table.popDue(now)) keys.push(key)
  return keys
}

describe('deadline table', () => {
  test('gives keys earliest first, and only those that are due', () => {
    const table = new DeadlineTable<string>()
    table.set('late', 30)
    table.set('early', 10)
    table.set('middle', 20)
    expect(table.nextAt()).toBe(10)
    expect(popAll(table, 20)).toEqual(['early', 'middle'])
    expect(table.nextAt()).toBe(30)
    expect(table.size).toBe(1)
  })

  test('gives keys due at the same time in the order in which they were set', () => {
    const table = new DeadlineTable<number>()
    const keys = Array.from({ length: 100 }, (_, i) => (i * 37) % 100)
    for (const key of keys) table.set(key, 5)
    expect(popAll(table, 5)).toEqual(keys)
  })

  test('moves a key that is set again, behind those already due then', () => {
    const table = new DeadlineTable<string>()
    table.set('a', 10)
    table.set('b', 20)
    table.set('a', 20)
    expect(table.size).toBe(2)
    expect(table.get('a')).toBe(20)
    expect(popAll(table, 20)).toEqual(['b', 'a'])
  })

  test('forgets a deleted key', () => {
    const table = new DeadlineTable<string>()
    table.set('a', 10)
    expect(table.delete('a')).toBe(true)
    expect(table.delete('a')).toBe(false)
    expect(table.has('a')).toBe(false)
    expect(table.get('a')).toBeUndefined()
    expect(table.nextAt()).toBeUndefined()
    expect(table.popDue(100)).toBeUndefined()
  })

  test('refuses NaN', () => {
    const table = new DeadlineTable<string>()
    expect(() => table.set('a', Number.NaN)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    expect(table.has('a')).toBe(false)
  })

  test('does the same as a plain list that is searched each time', () => {
    const key = fc.integer({ min: 0, max: 30 })
    const at = fc.oneof(fc.integer({ min: 0, max: 10 }), fc.double({ noNaN: true }))
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('set' as const), key, at }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), key, at }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('pop' as const), key, at }) }
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const table = new DeadlineTable<number>()
        const list = new DeadlineList()
        const run = (deadlines: Deadlines, { kind, key, at }: (typeof steps)[number]): unknown[] => [
          kind === 'set'
            ? deadlines.set(key, at)
            : kind === 'delete'
              ? deadlines.delete(key)
              : deadlines.popDue(at),
          deadlines.has(key),
          deadlines.get(key),
          deadlines.nextAt(),
          deadlines.size
        ]
        for (const step of steps) expect(run(table, step)).toEqual(run(list, step))
        expect(popAll(table, Infinity)).toEqual(list.entries.map((entry) => entry.key))
      }),
      { numRuns: 500 }
    )
  })
})

type Deadlines = Pick<DeadlineTable<number>, keyof DeadlineTable<number>>

/** What a deadline table should do, in the plainest way. */
class DeadlineList implements Deadlines {
  entries: { key: number; at: number }[] = []

  get size(): number {
    return this.entries.length
  }

  set(key: number, at: number): void {
    this.delete(key)
    // The sort is stable: what is set last comes last among its equals. -0 counts as 0.
    this.entries.push({ key, at })
    this.entries.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  }

  delete(key: number): boolean {
    const had = this.has(key)
    this.entries = this.entries.filter((entry) => entry.key !== key)
    return had
  }

  has(key: number): boolean {
    return this.get(key) !== undefined
  }

  get(key: number): number | undefined {
    return this.entries.find((entry) => entry.key === key)?.at
  }

  nextAt(): number | undefined {
    return this.entries[0]?.at
  }

  popDue(now: number): number | undefined {
    const first = this.entries[0]
    if (first === undefined || first.at > now) return undefined
    this.entries.shift()
    return first.key
  }
}
