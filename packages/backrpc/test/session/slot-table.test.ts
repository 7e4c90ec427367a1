import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { SlotTable } from '../../src/session/slot-table.ts'

it('a value that had to go elsewhere is replaced there, though its slot is free by now', () => {
  const table = new SlotTable<string>()
  table.set(0, 'first')
  table.set(64, 'second')
  table.delete(0)
  table.set(64, 'third')
  expect([...table.values()]).toEqual(['third'])
  expect(table.delete(64)).toBe(true)
  expect(table.get(64)).toBeUndefined()
})

it('a slot table behaves like a Map, whatever the ids', () => {
  // Few ids that share slots, and many that count up.
  const id = fc.oneof(
    fc.integer({ min: 0, max: 8 }).map((each) => each * 64),
    fc.integer({ min: 0, max: 0xffffffff })
  )
  const step = fc.record({ kind: fc.constantFrom('set', 'delete', 'clear', 'set', 'delete', 'set'), id })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const table = new SlotTable<number>()
      const model = new Map<number, number>()
      for (const [index, { kind, id: key }] of steps.entries()) {
        if (kind === 'set') {
          table.set(key, index)
          model.set(key, index)
        } else if (kind === 'delete') {
          const deleted = [table.delete(key), model.delete(key)]
          if (deleted[0] !== deleted[1]) throw new Error(`delete(${key}) says ${deleted.join(', not ')}`)
        } else if (index % 50 === 0) {
          table.clear()
          model.clear()
        }
        expect(table.size).toBe(model.size)
        expect(table.get(key)).toBe(model.get(key))
        expect(table.has(key)).toBe(model.has(key))
      }
      expect([...table.values()].toSorted((a, b) => a - b)).toEqual(
        [...model.values()].toSorted((a, b) => a - b)
      )
      for (const [key, value] of model) expect(table.get(key)).toBe(value)
    })
  )
})
