import { describe, expect, test } from 'vitest'
import type { AgentEndpointRef, AgentUuid } from '../../src/api/ids.ts'
import { silentLogger } from '../../src/api/logger.ts'
import { RosterKeeper } from '../../src/coordinator/roster-keeper.ts'
import type { RosterEntry, RosterRecord, RosterStore } from '../../src/coordinator/roster-store.ts'
import { key } from './bench.ts'

const entry = (agent: string, parts: Partial<RosterEntry> = {}): RosterEntry => ({
  agentId: agent as AgentUuid,
  incarnation: '1',
  endpoint: undefined,
  answered: false,
  ...parts
})

/** A store whose saves end when the test says so. */
class SlowStore implements RosterStore {
  remembered: RosterRecord | undefined
  readonly saves: RosterRecord[] = []
  private settle: { resolve: () => void; reject: (error: Error) => void } | undefined

  save(record: RosterRecord): Promise<void> {
    this.saves.push(record)
    return new Promise((resolve, reject) => {
      this.settle = { resolve, reject }
    })
  }

  async done(error?: Error): Promise<void> {
    const { settle } = this
    this.settle = undefined
    if (error === undefined) settle?.resolve()
    else settle?.reject(error)
    await turn()
  }

  get names(): string[][] {
    return this.saves.map(({ agents }) => agents.map(({ agentId }) => agentId))
  }
}

const turn = async (): Promise<void> => {
  for (let step = 0; step < 20; step++) await Promise.resolve()
}

const create = (store: RosterStore): RosterKeeper =>
  new RosterKeeper(store, () => ({ epoch: 7, complete: true }), silentLogger)

describe('the roster', () => {
  test('names an agent once that is durable, and not before', async () => {
    const store = new SlowStore()
    const keeper = create(store)
    let kept = false
    const remembered = keeper.remember(entry('a')).then(() => {
      kept = true
    })
    await turn()
    expect(keeper.has(key('a'))).toBe(false)
    expect(kept).toBe(false)
    await store.done()
    await remembered
    expect(keeper.has(key('a'))).toBe(true)
    expect(store.saves).toEqual([{ epoch: 7, complete: true, agents: [entry('a')] }])
  })

  test('saves what comes during a save with the next one, all together', async () => {
    const store = new SlowStore()
    const keeper = create(store)
    const first = keeper.remember(entry('a'))
    await turn()
    const rest = Promise.all(['b', 'c', 'd'].map((agent) => keeper.remember(entry(agent))))
    await turn()
    expect(store.names).toEqual([['a']])
    await store.done()
    await first
    expect(store.names).toEqual([['a'], ['a', 'b', 'c', 'd']])
    await store.done()
    await rest
    expect(keeper.has(key('d'))).toBe(true)
  })

  test('saves once more what was forgotten, or became complete, during a save', async () => {
    const store = new SlowStore()
    let complete = false
    const keeper = new RosterKeeper(store, () => ({ epoch: 7, complete }), silentLogger)
    const first = keeper.remember(entry('a'))
    await turn()
    await store.done()
    await first
    const second = keeper.remember(entry('b'))
    await turn()
    keeper.forget(key('a'))
    complete = true
    keeper.noteComplete()
    await store.done()
    await second
    await store.done()
    expect(store.saves.map((record) => [record.complete, record.agents.length])).toEqual([
      [false, 1],
      [false, 2],
      [true, 1]
    ])
  })

  test('refuses, with a code, what it cannot keep, and tries again when asked again', async () => {
    const store = new SlowStore()
    const keeper = create(store)
    const failing = keeper.remember(entry('a')).catch((error: unknown) => error)
    await turn()
    await store.done(new Error('disk full'))
    expect(await failing).toMatchObject({
      code: 'STORE_FAILED',
      retryable: true,
      message: expect.stringContaining('disk full')
    })
    expect(keeper.has(key('a'))).toBe(false)
    const again = keeper.remember(entry('a'))
    await turn()
    await store.done()
    await again
    expect(keeper.has(key('a'))).toBe(true)
  })

  test('keeps what the last coordinator left until it is forgotten', async () => {
    const store = new SlowStore()
    store.remembered = { epoch: 6, complete: true, agents: [entry('a'), entry('b')] }
    const keeper = create(store)
    const kept = keeper.remember(entry('b'))
    await turn()
    await store.done()
    await kept
    expect(keeper.has(key('a'))).toBe(true)
    keeper.forget(key('a'))
    keeper.forget(key('nobody'))
    await turn()
    expect(keeper.has(key('a'))).toBe(false)
    expect(store.names).toEqual([['a', 'b'], ['b']])
  })

  test('names nobody before the epoch is durable in which they would be given a lease', async () => {
    const store = new SlowStore()
    store.remembered = { epoch: 6, complete: true, agents: [entry('a')] }
    let epoch = 7
    const keeper = new RosterKeeper(store, () => ({ epoch, complete: true }), silentLogger)
    expect(keeper.has(key('a'))).toBe(false)
    const kept = keeper.remember(entry('a'))
    await turn()
    // Raised while it is being saved.
    epoch = 8
    await store.done()
    expect(keeper.has(key('a'))).toBe(false)
    await store.done()
    await kept
    expect(keeper.has(key('a'))).toBe(true)
    expect(store.saves.map((saved) => saved.epoch)).toEqual([7, 8])
    epoch = 9
    expect(keeper.has(key('a'))).toBe(false)
  })

  test('that is saved before all agents of the predecessor were heard says so, until they were', async () => {
    const store = new SlowStore()
    store.remembered = { epoch: 6, complete: false, agents: [entry('stale')] }
    let complete = false
    const keeper = new RosterKeeper(store, () => ({ epoch: 7, complete }), silentLogger)
    expect(keeper.has(key('stale'))).toBe(false)
    const remembered = keeper.remember(entry('a'))
    await turn()
    await store.done()
    await remembered
    keeper.noteComplete()
    await turn()
    expect(store.saves).toHaveLength(1)
    complete = true
    keeper.noteComplete()
    await turn()
    await store.done()
    keeper.noteComplete()
    await turn()
    expect(store.saves.map((record) => [record.complete, record.agents.length])).toEqual([
      [false, 1],
      [true, 1]
    ])
  })

  test('an agent at another address has not answered there yet', async () => {
    const store = new SlowStore()
    const here = 'here:1' as AgentEndpointRef
    const there = 'there:1' as AgentEndpointRef
    store.remembered = { epoch: 6, complete: true, agents: [entry('a', { endpoint: here })] }
    const keeper = create(store)
    keeper.update(key('a'), { endpoint: here })
    await turn()
    expect(store.saves).toEqual([])
    keeper.update(key('a'), { answered: true })
    await turn()
    await store.done()
    keeper.update(key('a'), { endpoint: there })
    await turn()
    expect(store.saves.map(({ agents }) => agents[0])).toEqual([
      entry('a', { endpoint: here, answered: true }),
      entry('a', { endpoint: there, answered: false })
    ])
  })
})
