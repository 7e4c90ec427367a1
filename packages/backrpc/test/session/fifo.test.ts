import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Fifo } from '../../src/session/fifo.ts'

describe('fifo', () => {
  it('behaves like an array of which the first leave', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 3000, size: 'max' })
    fc.assert(
      fc.property(steps, (digits) => {
        const fifo = new Fifo<number>()
        let model: number[] = []
        const taken: unknown[] = []
        const expected: unknown[] = []
        digits.forEach((digit, index) => {
          if (index === 2000) {
            fifo.keep((item) => item % 2 === 0)
            model = model.filter((item) => item % 2 === 0)
          }
          if (digit < 6) {
            fifo.push(index)
            model.push(index)
          } else {
            taken.push(fifo.peek(), fifo.shift())
            const first = model.shift()
            expected.push(first, first)
          }
          expect(fifo.length).toBe(model.length)
        })
        expect([...fifo]).toEqual(model)
        expect(taken).toEqual(expected)
      }),
      { numRuns: 50 }
    )
  })
})
