import { describe, expect, test } from 'vitest'
import type { AgentUuid, ContainerEndpointRef, ContainerUuid } from '../../src/api/ids.ts'
import { compareTokens, type ActivationToken } from '../../src/api/tokens.ts'
import type { CoordinatorIdentity } from '../../src/contract/ports.ts'
import type { RosterEntry, RosterStore } from '../../src/coordinator/roster-store.ts'
import { CoordinatorBench, inventory, key, standby } from './bench.ts'

const token = (epoch: number, sequence: number): ActivationToken => ({ epoch, sequence })
const seen = { epoch: 9, incarnation: 'predecessor' }

const remembered = (agent: string): RosterEntry => ({
  agentId: agent as AgentUuid,
  incarnation: '1',
  endpoint: undefined,
  answered: true
})

const storeOf = (...agents: string[]): RosterStore => ({
  remembered: { epoch: 9, complete: true, agents: agents.map(remembered) },
  save: async () => {}
})

const held = (name: string, sequence: number): ReturnType<typeof inventory> =>
  inventory(name, { token: token(9, sequence), lapsed: true })

const active = (sequence: number): ReturnType<typeof standby> =>
  standby('leader', { token: token(9, sequence), lapsed: true })

describe('what an agent without a lease brings during the hold', () => {
  test('waits for its end; then the highest token wins and is reissued, the others end', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3 })
    const waiting = bench.get('room', { uuid: 'lobby' })
    expect(bench.register('a', { seen, containers: [held('lobby', 5)] })).toMatchObject({
      resume: [],
      standby: [],
      held: ['lobby']
    })
    bench.advance(500)
    expect(bench.register('b', { seen, containers: [held('lobby', 7)] }).held).toEqual(['lobby'])
    expect(bench.register('c', { seen, containers: [held('lobby', 6)] }).held).toEqual(['lobby'])
    expect(bench.machine.list()).toEqual([])
    expect(bench.outcome(waiting)).toBeUndefined()
    bench.advance(3000)
    expect(bench.of('start')).toEqual([])
    expect(bench.of('grant')).toMatchObject([
      { agent: key('b'), command: { uuid: 'lobby', token: { epoch: 10 } } }
    ])
    expect(bench.of('end').map(({ agent, command }) => [agent, command.reason, command.token])).toEqual([
      [key('a'), 'outranked', token(9, 5)],
      [key('c'), 'outranked', token(9, 6)]
    ])
    expect(bench.record(waiting)).toMatchObject({ agentId: 'b' })
  })

  test('is outranked at once by an agent whose lease never lapsed', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3, unusedContainerTimeout: 60 })
    bench.register('a', { seen, containers: [held('lobby', 5)] })
    const reply = bench.register('b', { seen, containers: [inventory('lobby', { token: token(9, 7) })] })
    expect(reply.resume).toMatchObject([{ uuid: 'lobby', token: { epoch: 10 } }])
    expect(bench.of('end')).toMatchObject([{ agent: key('a'), command: { reason: 'outranked' } }])
    bench.advance(10_000)
    expect(bench.machine.list()).toMatchObject([{ agentId: 'b' }])
    expect(bench.of('grant')).toEqual([])
  })

  test('stays on hold when it is reported again, under the lease that the first report brought', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3 })
    bench.register('a', { seen, containers: [held('lobby', 5)] })
    expect(
      bench.register('a', { seen: bench.machine.identity, containers: [held('lobby', 5)] })
    ).toMatchObject({ resume: [], held: ['lobby'] })
    bench.advance(3000)
    expect(bench.of('grant')).toHaveLength(1)
  })

  test('stands by, if it belongs to its agent and another one has the higher token', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3 })
    bench.register('s', { seen, kinds: [], containers: [standby('leader')] })
    bench.register('a', { seen, kinds: [], containers: [active(5)] })
    bench.register('b', { seen, kinds: [], containers: [active(7)] })
    bench.advance(3000)
    expect(bench.machine.list()).toMatchObject([{ uuid: 'leader', agentId: 'b' }])
    expect(bench.of('end')).toMatchObject([{ agent: key('a'), command: { reason: 'outranked' } }])
    const order = ['b', 's', 'a'].map((agent) => {
      const [record] = bench.machine.list()
      bench.machine.unregister(agent as AgentUuid, '1', bench.now)
      bench.collect()
      return record?.agentId
    })
    expect(order).toEqual(['b', 's', 'a'])
  })

  test('goes with its agent, and with the report of its end', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3 })
    bench.register('a', { seen, containers: [held('lobby', 5)] })
    bench.register('b', { seen, containers: [held('bar', 6)] })
    bench.machine.unregister('a' as AgentUuid, '1', bench.now)
    const report = { agentId: 'b' as AgentUuid, incarnation: '1', uuid: held('bar', 6).uuid }
    bench.machine.containerEnded({ ...report, token: token(9, 6), reason: 'self' }, bench.now)
    bench.collect()
    bench.advance(3000)
    expect(bench.machine.counts().containers).toBe(0)
    expect(bench.of('grant')).toEqual([])
  })

  test('case 25: is found by its labels; no second container is made for them', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3 })
    const early = bench.get('room', { labels: ['acme'], seen: { epoch: 9, incarnation: 'ninth' } })
    bench.register('a', {
      seen,
      containers: [inventory('lobby', { token: token(9, 5), lapsed: true, labels: ['acme'] })]
    })
    const late = bench.get('room', { labels: ['acme'] })
    bench.advance(3000)
    expect(bench.of('start')).toEqual([])
    expect([bench.record(early).uuid, bench.record(late).uuid]).toEqual(['lobby', 'lobby'])
  })

  test('resumes at once outside of the hold: this coordinator knows that nobody else has it', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3 })
    bench.register('a')
    const { token: served } = bench.have('lobby')
    bench.alive.delete('a')
    bench.advance(3000)
    const reply = bench.register('a', {
      seen: bench.machine.identity,
      containers: [inventory('lobby', { token: served, lapsed: true })]
    })
    expect(reply.resume).toMatchObject([{ uuid: 'lobby' }])
  })
})

describe('what is ending on an agent that registers', () => {
  const ending = (sequence: number, lapsed = false): ReturnType<typeof inventory> =>
    inventory('lobby', { token: token(9, sequence), ending: true, lapsed })
  const report = {
    agentId: 'a' as AgentUuid,
    incarnation: '1',
    uuid: inventory('lobby').uuid,
    token: token(9, 5),
    reason: 'terminated' as const
  }

  test('case 13: is waited for by a coordinator that knew nothing of it', () => {
    const bench = new CoordinatorBench()
    expect(bench.register('a', { seen, containers: [ending(5)] }).resume).toEqual([
      { uuid: 'lobby', token: token(9, 5) }
    ])
    bench.register('b', { seen })
    bench.advance(3000)
    const get = bench.get('room', { uuid: 'lobby' })
    expect(bench.of('start')).toEqual([])
    bench.machine.containerEnded(report, bench.now)
    bench.collect()
    bench.started('lobby')
    expect(bench.record(get).uuid).toBe('lobby')
  })

  test('is waited for by one that took it for serving', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    const { token: served } = bench.have('lobby')
    bench.register('b')
    const starts = bench.of('start').length
    bench.register('a', { containers: [inventory('lobby', { token: served, ending: true })] })
    expect(bench.machine.list()).toEqual([])
    expect(bench.of('start')).toHaveLength(starts)
    bench.machine.containerEnded({ ...report, token: served }, bench.now)
    bench.collect()
    expect(bench.of('start')).toHaveLength(starts + 1)
  })

  test('is not waited for when its lease has lapsed: it may be in other hands, and says nothing more', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3 })
    bench.register('a', { seen, containers: [ending(5, true)] })
    expect(bench.register('a', { seen, containers: [ending(5, true)] }).resume).toEqual([])
    bench.get('room', { uuid: 'lobby' })
    bench.advance(3000)
    expect(bench.of('start')).toHaveLength(1)
  })

  test('goes with its agent', () => {
    const bench = new CoordinatorBench()
    bench.register('a', { containers: [ending(5)] })
    bench.get('room', { uuid: 'lobby' })
    bench.register('b')
    bench.machine.unregister('a' as AgentUuid, '1', bench.now)
    bench.collect()
    expect(bench.startOf('lobby').agent).toBe(key('b'))
  })
})

describe('a get without uuid and labels during the hold', () => {
  test('waits: a factory could name what an unheard agent serves', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3 })
    bench.register('a', { seen })
    const get = bench.get('room')
    bench.advance(2999)
    expect(bench.of('start')).toEqual([])
    bench.advance(1)
    bench.started(undefined)
    expect(bench.record(get).uuid).toBe('made')
  })

  test('shares what its agent says is shared, restart or not', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3 })
    bench.register('a', { seen, containers: [inventory('any', { token: token(9, 5), shared: true })] })
    expect(bench.record(bench.get('room')).uuid).toBe('any')
  })

  test('tells the agent that what it starts is shared', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    bench.get('room')
    expect(bench.startOf(undefined).command.shared).toBe(true)
    bench.get('room', { labels: ['acme'] })
    expect(bench.of('start').map(({ command }) => command.shared)).toEqual([true, false])
  })
})

test('nothing counts as unused before the clients of the last coordinator could claim what they hold', () => {
  const bench = new CoordinatorBench({ aliveTimeout: 3, unusedContainerTimeout: 0.5 }, storeOf('a'))
  bench.register('a', { seen, containers: [inventory('lobby', { token: token(9, 5) })] })
  expect(bench.machine.recovering).toBe(false)
  bench.advance(2500)
  expect(bench.of('end')).toEqual([])
  bench.have('lobby', { handle: 'claimed late' })
  bench.advance(10_000)
  expect(bench.of('end')).toEqual([])
  bench.release('claimed late')
  bench.advance(500)
  expect(bench.of('end')).toMatchObject([{ command: { uuid: 'lobby', reason: 'unused' } }])
})

describe('a hold over a remembered roster', () => {
  test('ends as soon as all agents have registered', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3 }, storeOf('a', 'b'))
    const get = bench.get('room', { uuid: 'lobby' })
    bench.register('a', { seen })
    bench.advance(100)
    expect(bench.machine.recovering).toBe(true)
    expect(bench.of('start')).toEqual([])
    bench.register('b', { seen })
    expect(bench.machine.recovering).toBe(false)
    bench.started('lobby')
    expect(bench.record(get).uuid).toBe('lobby')
  })

  test('ends as soon as those that have not are proven dead', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3 }, storeOf('a', 'b'))
    bench.get('room', { uuid: 'lobby' })
    bench.register('a', { seen })
    expect(bench.machine.awaitedAgents).toMatchObject([{ agentId: 'b' }])
    bench.machine.unregister('b' as AgentUuid, '1', bench.now)
    bench.collect()
    expect(bench.of('start')).toHaveLength(1)
    expect(bench.of('agentGone')).toEqual([{ kind: 'agentGone', agent: key('b'), reason: 'left' }])
  })

  test('is not ended by another incarnation: that one inherits nothing', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3 }, storeOf('a'))
    bench.register('a', { incarnation: '2' })
    expect(bench.machine.recovering).toBe(true)
  })

  test('lasts one alive timeout at most, after which nobody is waited for', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3, recoveryGrace: 60 }, storeOf('a', 'b'))
    bench.register('a', { seen })
    bench.get('room', { uuid: 'lobby' })
    bench.advance(2999)
    expect(bench.of('start')).toEqual([])
    bench.advance(1)
    expect(bench.of('start')).toHaveLength(1)
    expect(bench.machine.awaitedAgents).toEqual([])
    expect(bench.of('agentGone')).toEqual([{ kind: 'agentGone', agent: key('b'), reason: 'silent' }])
  })

  test('does not begin at all when there was nobody', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3 }, storeOf())
    expect(bench.machine.recovering).toBe(false)
    bench.get('room', { uuid: 'lobby', seen: { epoch: 9, incarnation: 'ninth' } })
    expect(bench.machine.recovering).toBe(false)
  })

  test('begins anew for an agent of an earlier coordinator that the roster does not name', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3 }, storeOf())
    bench.register('stranger', { seen })
    expect(bench.machine.recovering).toBe(true)
  })

  test('lasts in full when the roster is missing', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3 }, { remembered: undefined, save: async () => {} })
    bench.register('a')
    expect(bench.machine.recovering).toBe(true)
    bench.advance(3000)
    expect(bench.machine.recovering).toBe(false)
  })

  test('lasts in full when it was saved by one that did not know all agents yet', () => {
    const store: RosterStore = {
      ...storeOf('a'),
      remembered: { epoch: 9, complete: false, agents: [remembered('a')] }
    }
    const bench = new CoordinatorBench({ aliveTimeout: 3 }, store)
    expect(bench.machine.identity.epoch).toBe(10)
    expect(bench.machine.unsureOfPredecessor).toBe(true)
    bench.register('a', { seen })
    expect(bench.machine.recovering).toBe(true)
    bench.advance(3000)
    expect(bench.machine.unsureOfPredecessor).toBe(false)
  })

  test('is of an epoch above the remembered one, whatever the clock says', () => {
    const bench = new CoordinatorBench({ epoch: 3 }, storeOf())
    expect(bench.machine.identity.epoch).toBe(10)
    bench.register('a')
    expect(compareTokens(token(9, 99), bench.have('lobby').token)).toBeLessThan(0)
  })
})

describe('a client that has seen tokens of another coordinator', () => {
  test('of the same epoch makes this one take a higher epoch, whenever it says so', () => {
    for (const say of ['subscribe', 'get'] as const) {
      const bench = new CoordinatorBench({ epoch: 9 })
      bench.register('a')
      const ours = { epoch: 9, incarnation: bench.machine.identity.incarnation }
      const other = { epoch: 9, incarnation: 'another' }
      const see = (seen: CoordinatorIdentity): void => {
        if (say === 'subscribe') bench.machine.coordinatorSeen(seen, bench.now)
        else bench.get('room', { uuid: 'lobby', seen })
        bench.collect()
      }
      see({ epoch: 8, incarnation: 'another' })
      see(ours)
      expect(bench.machine.identity.epoch).toBe(9)
      see(other)
      expect(bench.machine.identity).toEqual({ ...ours, epoch: 10 })
      see(other)
      expect(bench.machine.identity.epoch).toBe(10)
    }
  })
})

describe('a hold', () => {
  test('is not over before what came during a stall was heard', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3, pingInterval: 1, recoveryGrace: 3 })
    const waiting = bench.get('room', { uuid: 'lobby' })
    bench.register('b')
    bench.now += 3500
    bench.machine.tick(bench.now)
    bench.collect()
    expect(bench.machine.recovering).toBe(true)
    expect(bench.of('start')).toEqual([])
    bench.register('a', { seen, containers: [inventory('lobby', { token: token(9, 5) })] })
    expect(bench.record(waiting)).toMatchObject({ agentId: 'a' })
    bench.advance(1000)
    expect(bench.of('start')).toEqual([])
  })
})

describe('an epoch that another coordinator had', () => {
  const other = { epoch: 10, incarnation: 'other' }

  test('is given up as soon as an agent wants to register that was with that one', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3 })
    expect(bench.machine.identity.epoch).toBe(10)
    const registration = {
      agentId: 'a' as AgentUuid,
      incarnation: '1',
      kinds: [],
      endpoint: undefined,
      seen: other,
      draining: false,
      containers: []
    }
    bench.machine.registering(registration, bench.now)
    expect(bench.machine.identity.epoch).toBe(11)
    expect(bench.machine.recovering).toBe(true)
    expect(bench.machine.list()).toEqual([])
  })

  test('takes its starts along: agents may still be at them', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3 })
    bench.register('a')
    bench.get('room', { uuid: 'lobby' })
    const first = bench.startOf('lobby').command.startId
    const later = new CoordinatorBench({ aliveTimeout: 3, recoveryGrace: 0 })
    later.register('a', { seen: other })
    later.get('room', { uuid: 'hall' })
    later.advance(4000)
    expect(later.startOf('hall').command.startId).toBe(first + 2 ** 12)
  })
})

test('what is made for labels that an agent has brought along meanwhile is ended unserved', () => {
  const bench = new CoordinatorBench({ aliveTimeout: 3, unusedContainerTimeout: 60 })
  bench.register('b')
  const waiting = bench.get('room', { labels: ['wide'] })
  const [{ command }] = bench.of('start') as unknown as [{ command: { startId: number } }]
  bench.register('a', { seen, containers: [inventory('lobby', { labels: ['wide'], token: token(9, 5) })] })
  bench.machine.startSucceeded(
    command.startId,
    key('b'),
    { uuid: 'newcomer' as ContainerUuid, endpoint: 'there://newcomer' as ContainerEndpointRef },
    bench.now
  )
  bench.collect()
  expect(bench.record(waiting)).toMatchObject({ uuid: 'lobby', agentId: 'a' })
  expect(bench.of('end')).toMatchObject([{ agent: key('b'), command: { uuid: 'newcomer' } }])
  expect(bench.machine.list()).toHaveLength(1)
})
