import { array, assert, nat, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { callChainMax } from '../../src/api/call-chain.ts'
import { TurnQueue } from '../../src/service/turn-queue.ts'

/** A queue whose calls write down what becomes of them. */
class Bench {
  readonly events: string[] = []
  readonly queue: TurnQueue

  constructor(waitingMax = 100) {
    this.queue = new TurnQueue(waitingMax)
  }

  /** @param path the calls that it came from, and itself as the last */
  enter(path: string, until = Infinity): void {
    const chain = path.split(' ')
    const id = chain.at(-1)
    this.queue.enter({
      chain,
      until,
      begin: () => this.events.push(`begin ${id}`),
      refuse: ({ code }) => this.events.push(`refuse ${id}: ${code}`)
    })
  }

  leave(path: string): void {
    this.queue.leave(path.split(' '))
  }

  /** What has happened since the last time. */
  take(): string[] {
    return this.events.splice(0)
  }
}

describe('turns', () => {
  test('are taken one at a time, in the order in which calls came', () => {
    const bench = new Bench()
    for (const call of ['a', 'b', 'c']) bench.enter(call)
    expect(bench.take()).toEqual(['begin a'])
    bench.leave('a')
    expect(bench.take()).toEqual(['begin b'])
    bench.leave('b')
    bench.leave('c')
    bench.enter('d')
    expect(bench.take()).toEqual(['begin c', 'begin d'])
  })

  test('are shared with what came, over others, from the call whose turn it is', () => {
    const bench = new Bench()
    bench.enter('a')
    bench.enter('b')
    bench.enter('a elsewhere back')
    expect(bench.take()).toEqual(['begin a', 'begin back'])
    bench.leave('a elsewhere back')
    expect(bench.take()).toEqual([])
    bench.leave('a')
    expect(bench.take()).toEqual(['begin b'])
  })

  test('of two that came from the same call are taken one after the other', () => {
    const bench = new Bench()
    bench.enter('a')
    bench.enter('a x first')
    bench.enter('a y second')
    expect(bench.take()).toEqual(['begin a', 'begin first'])
    bench.enter('a x first z deeper')
    expect(bench.take()).toEqual(['begin deeper'])
    bench.leave('a x first z deeper')
    bench.leave('a x first')
    expect(bench.take()).toEqual(['begin second'])
  })

  test('are not shared with a call that only has an ancestor in common', () => {
    const bench = new Bench()
    bench.enter('root a')
    bench.enter('root b')
    expect(bench.take()).toEqual(['begin a'])
  })

  test('go on when a call ends before one that came from it', () => {
    const bench = new Bench()
    bench.enter('a')
    bench.enter('a x back')
    bench.enter('b')
    bench.leave('a')
    expect(bench.take()).toEqual(['begin a', 'begin back'])
    bench.leave('a x back')
    expect(bench.take()).toEqual(['begin b'])
  })

  test('are refused to whoever has waited for too long, and to nobody else', () => {
    const bench = new Bench()
    bench.enter('a')
    bench.enter('b', 100)
    bench.enter('c', 200)
    expect(bench.queue.nextExpiry()).toBe(100)
    bench.queue.expire(99)
    bench.queue.expire(100)
    expect(bench.take()).toEqual(['begin a', 'refuse b: OVERLOADED'])
    bench.leave('a')
    expect(bench.take()).toEqual(['begin c'])
    expect(bench.queue.nextExpiry()).toBeUndefined()
  })

  test('are refused when too many wait, or calls lead too deep', () => {
    const bench = new Bench(1)
    for (const call of ['a', 'b', 'c']) bench.enter(call)
    bench.enter(Array.from({ length: callChainMax }, (_, index) => `call${index}`).join(' '))
    expect(bench.take()).toEqual([
      'begin a',
      'refuse c: OVERLOADED',
      `refuse call${callChainMax - 1}: OVERLOADED`
    ])
  })

  test('whatever comes: each call is begun or refused once, and none runs beside one that it did not come from', () => {
    assert(
      property(array(nat(99), { maxLength: 60 }), (choices) => {
        const queue = new TurnQueue(1000)
        const running: string[][] = []
        const begun = new Set<string>()
        const paths: string[][] = []
        let made = 0
        for (const choice of choices) {
          const leaving = running[choice % Math.max(1, running.length)]
          if (choice % 3 === 0 && leaving !== undefined) {
            running.splice(running.indexOf(leaving), 1)
            queue.leave(leaving)
            continue
          }
          const parent = choice % 3 === 1 ? running.at(-1) : undefined
          const chain = [...(parent ?? []), `call${++made}`]
          paths.push(chain)
          queue.enter({
            chain,
            until: Infinity,
            begin: () => {
              const last = running.at(-1)
              expect(last === undefined || chain.includes(last.at(-1) ?? '')).toBe(true)
              expect(begun.has(chain.at(-1) ?? '')).toBe(false)
              begun.add(chain.at(-1) ?? '')
              running.push(chain)
            },
            refuse: () => {}
          })
        }
        while (running.length > 0) queue.leave(running.pop() ?? [])
        expect(begun.size).toBe(paths.length)
        expect(queue.size).toBe(0)
      })
    )
  })
})
