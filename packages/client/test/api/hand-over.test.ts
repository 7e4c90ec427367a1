import type { Container } from '@hcengineering/network-core'
import { recordingContainer } from '@hcengineering/network-testing'
import { describe, expect, test } from 'vitest'
import { defineService, implement, operation, standby, type } from '../../src/index.ts'
import { Gate, kind, startNetwork, transports, uuid } from '../support/settings.ts'

interface Totals {
  readonly total: number
  readonly since: Date
}

const Counter = defineService('counter', {
  operations: { add: operation<number, number>(), since: operation<void, Date>() },
  snapshot: type<Totals>()
})

const began = new Date(0)
const counters = implement(Counter, ({ snapshot }) => {
  const since = snapshot?.since ?? began
  let total = snapshot?.total ?? 0
  return {
    operations: { add: (by) => (total += by), since: () => since },
    snapshot: () => ({ total, since: new Date(1000) })
  }
})

describe.each(transports)('over %s', (transport) => {
  test('a drained container goes on elsewhere with what it has handed over, and no call is lost', async () => {
    await using net = await startNetwork(transport)
    const leaving = await net.agent({ factories: counters })
    const client = await net.client()
    await using counter = await net.until(client.get(Counter, { uuid: 'visits' }))
    await using connection = await net.until(counter.connect())
    await net.until(connection.api.add(40))
    await net.agent({ factories: counters })
    const drained = leaving.server?.drain()
    const sums = [counter.api.add(1), connection.api.add(1)]
    expect((await net.until(Promise.all(sums))).toSorted((a, b) => a - b)).toEqual([41, 42])
    await net.until(drained ?? Promise.resolve())
    expect(await net.until(counter.api.since())).toEqual(new Date(1000))
  })

  test('a container that is terminated comes back with it, once: a crash brings nothing back', async () => {
    await using net = await startNetwork(transport)
    const first = await net.agent({ factories: counters })
    const client = await net.client()
    await using counter = await net.until(client.get(Counter, { uuid: 'visits' }))
    await net.until(counter.api.add(7))
    await net.until(first.agent.terminate(counter.uuid))
    expect(await net.until(counter.api.add(1))).toBe(8)
    await net.kill(first)
    await net.agent({ factories: counters })
    expect(await net.until(counter.api.add(1))).toBe(1)
  })

  test('a standby that takes over from one that is terminated has it before its first request', async () => {
    await using net = await startNetwork(transport)
    const bring = () =>
      net.agent({
        standbys: (endpoint) => [
          standby(Counter, 'leader', endpoint, () => {
            let total = 0
            return {
              operations: { add: (by) => (total += by), since: () => began },
              snapshot: () => ({ total, since: began }),
              restore: (handedOver) => {
                total = handedOver.total
              }
            }
          })
        ]
      })
    const first = await bring()
    await bring()
    const client = await net.client()
    await using leader = await net.until(client.get(Counter, { uuid: 'leader' }))
    await net.until(leader.api.add(5))
    await net.until(first.agent.terminate(leader.uuid))
    expect(await net.until(leader.api.add(1))).toBe(6)
  })
})

/** A container whose `finish` waits for a gate. */
function busy(gate: Gate, reasons: string[] = []): Container {
  const container = recordingContainer({ answer: () => 'first' })
  return Object.assign(container, {
    finish: async (reason: string) => {
      reasons.push(reason)
      await gate.opened
    }
  })
}

describe('a container that says "not yet"', () => {
  test('ends when it has finished, and calls that come meanwhile wait for the next one', async () => {
    await using net = await startNetwork('memory')
    const gate = new Gate()
    const reasons: string[] = []
    const made = [busy(gate, reasons), recordingContainer({ answer: () => 'second' })]
    const agent = await net.agent({ containers: { room: () => made.shift()! } })
    const client = await net.client()
    const room = await net.until(client.get(kind('room'), { uuid: uuid('lobby') }))
    expect(await net.until(room.request('who'))).toBe('first')
    const terminated = agent.agent.terminate(room.uuid)
    const next = room.request('who')
    await net.advance(5000)
    expect(await client.list()).toHaveLength(1)
    gate.open()
    expect(await net.until(next)).toBe('second')
    await net.until(terminated)
    expect(reasons).toEqual(['terminated'])
  })

  test('when nobody needs it, keeps its name until it has finished', async () => {
    await using net = await startNetwork('memory')
    const gate = new Gate()
    const reasons: string[] = []
    const made = [busy(gate, reasons), recordingContainer({ answer: () => 'second' })]
    await net.agent({ containers: { room: () => made.shift()! } })
    const client = await net.client()
    const room = await net.until(client.get(kind('room'), { uuid: uuid('lobby') }))
    await net.until(room.close())
    await net.until(() => reasons.length === 1)
    expect(reasons).toEqual(['unused'])
    const again = client.get(kind('room'), { uuid: uuid('lobby') })
    await net.advance(2000)
    expect(made).toHaveLength(1)
    gate.open()
    expect(await net.until((await net.until(again)).request('who'))).toBe('second')
  })

  test('for too long is ended all the same', async () => {
    await using net = await startNetwork('memory')
    const never = new Gate()
    const agent = await net.agent({
      containers: { room: () => busy(never) },
      options: { finishTimeout: 2 }
    })
    const client = await net.client()
    const room = await net.until(client.get(kind('room'), { uuid: uuid('lobby') }))
    const before = net.clock.now()
    await net.until(agent.agent.terminate(room.uuid))
    expect(net.clock.now() - before).toBe(2000)
  })

  test('does not wait for an agent that just closes', async () => {
    await using net = await startNetwork('memory')
    const agent = await net.agent({ containers: { room: () => busy(new Gate()) } })
    const client = await net.client()
    await net.until(client.get(kind('room'), { uuid: uuid('lobby') }))
    const before = net.clock.now()
    await net.until(agent.close())
    expect(net.clock.now() - before).toBeLessThan(1000)
  })
})

/** The snapshots that two activations were given, the first of which was terminated. */
async function given(container: Partial<Container>, options = {}) {
  await using net = await startNetwork('memory')
  const snapshots: unknown[] = []
  const whole = (): Container => Object.assign(recordingContainer({ answer: () => 1 }), container)
  const agent = await net.agent({
    options,
    factories: {
      room: (asked) => {
        snapshots.push(asked.snapshot)
        return { uuid: uuid('lobby'), container: whole(), endpoint: 'room://' as never }
      }
    }
  })
  const client = await net.client()
  const room = await net.until(client.get(kind('room'), { uuid: uuid('lobby') }))
  await net.until(room.request('any'))
  await net.until(agent.agent.terminate(room.uuid))
  await net.until(room.request('any'))
  return snapshots
}

describe('a snapshot', () => {
  test('may be any value, and may take its time', async () => {
    const value = new Map([['bytes', new Uint8Array([1, 2, 3])]])
    expect(await given({ snapshot: async () => value })).toEqual([undefined, value])
  })

  test('that is too long, fails or hangs is lost, and harms nobody', async () => {
    const limited = { snapshotBytesMax: 100 }
    expect(await given({ snapshot: () => new Uint8Array(101) }, limited)).toEqual([undefined, undefined])
    expect(await given({ snapshot: () => Promise.reject(new Error('no')) })).toEqual([undefined, undefined])
    expect(await given({ snapshot: () => new Promise(() => {}) })).toEqual([undefined, undefined])
    expect(await given({ snapshot: () => () => {} })).toEqual([undefined, undefined])
  })

  test('is taken once what runs is answered, so that it has all that callers were told', async () => {
    await using net = await startNetwork('memory')
    const gate = new Gate()
    let total = 0
    const snapshots: unknown[] = []
    const agent = await net.agent({
      factories: {
        room: (asked) => {
          snapshots.push(asked.snapshot)
          const container = recordingContainer({
            answer: async () => {
              await gate.opened
              return ++total
            }
          })
          const able = Object.assign(container, { snapshot: () => total })
          return { uuid: uuid('lobby'), container: able, endpoint: 'room://' as never }
        }
      }
    })
    const client = await net.client()
    const room = await net.until(client.get(kind('room'), { uuid: uuid('lobby') }))
    const slow = room.request('add')
    await net.advance(10)
    const terminated = agent.agent.terminate(room.uuid)
    await net.advance(1000)
    gate.open()
    expect(await net.until(slow)).toBe(1)
    await net.until(terminated)
    expect(await net.until(room.request('add'))).toBe(2)
    expect(snapshots).toEqual([undefined, 1])
  })
})
