import { describe, expect, test } from 'vitest'
import type { AgentUuid } from '../../src/api/ids.ts'
import type { ActivationToken } from '../../src/api/tokens.ts'
import { CoordinatorBench, inventory, key, standby } from './bench.ts'

const token = (epoch: number, sequence: number): ActivationToken => ({ epoch, sequence })

function drain(bench: CoordinatorBench, agent: string): void {
  bench.machine.drainAgent(agent as AgentUuid, '1', bench.now)
  bench.collect()
}

describe('a draining agent', () => {
  test('is given nothing more, and stays listed until it goes', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    bench.register('b')
    drain(bench, 'a')
    for (const name of ['one', 'two', 'three']) {
      bench.have(name)
      expect(bench.startOf(name).agent).toBe(key('b'))
    }
    expect(bench.machine.agents()).toHaveLength(2)
    expect(bench.of('agentGone')).toEqual([])
  })

  test('hands over: each container starts elsewhere only once it has ended there', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    bench.have('lobby')
    bench.register('b')
    const waiting = bench.of('start').length
    drain(bench, 'a')
    expect(bench.of('end')).toMatchObject([
      { agent: key('a'), command: { uuid: 'lobby', reason: 'drained' } }
    ])
    const get = bench.get('room', { uuid: 'lobby' })
    expect(bench.of('start')).toHaveLength(waiting)
    bench.endAcknowledged('lobby')
    expect(bench.startOf('lobby').agent).toBe(key('b'))
    bench.started('lobby')
    expect(bench.record(get).agentId).toBe('b')
  })

  test('that dies before it has handed over is no loss', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    bench.have('lobby')
    bench.register('b')
    drain(bench, 'a')
    bench.machine.unregister('a' as AgentUuid, '1', bench.now)
    bench.collect()
    expect(bench.startOf('lobby').agent).toBe(key('b'))
  })

  test('lets what is just starting there serve who waits for it, and go elsewhere then', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    const get = bench.get('room', { uuid: 'lobby' })
    bench.register('b')
    drain(bench, 'a')
    bench.started('lobby')
    expect(bench.record(get).agentId).toBe('a')
    expect(bench.of('end')).toMatchObject([{ command: { uuid: 'lobby', reason: 'drained' } }])
  })

  test('is no standby any more, and its active HA container is followed by the next', () => {
    const bench = new CoordinatorBench()
    for (const agent of ['a', 'b', 'c']) bench.register(agent, { kinds: [], containers: [standby('leader')] })
    bench.have('leader', { kind: 'leader' })
    drain(bench, 'b')
    drain(bench, 'a')
    expect(bench.machine.list()).toEqual([])
    bench.endAcknowledged('leader')
    expect(bench.machine.list()).toMatchObject([{ agentId: 'c' }])
  })

  test('is still draining after it has registered again, with a coordinator that was restarted, too', () => {
    const bench = new CoordinatorBench({ recoveryGrace: 3 })
    const lobby = inventory('lobby', { token: token(9, 5) })
    bench.register('a', {
      seen: { epoch: 9, incarnation: 'predecessor' },
      draining: true,
      containers: [lobby]
    })
    expect(bench.of('end')).toMatchObject([{ command: { uuid: 'lobby', reason: 'drained' } }])
    bench.register('b')
    bench.advance(3000)
    bench.have('other')
    expect(bench.startOf('other').agent).toBe(key('b'))
  })

  test('that registers again while it hands over keeps what it has until it has ended', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    const { token: served } = bench.have('lobby')
    bench.register('b')
    drain(bench, 'a')
    const reply = bench.register('a', {
      seen: bench.machine.identity,
      draining: true,
      containers: [inventory('lobby', { token: served })]
    })
    expect(reply.resume).toEqual([{ uuid: 'lobby', token: served }])
    bench.endAcknowledged('lobby')
    expect(bench.startOf('lobby').agent).toBe(key('b'))
  })

  test('that comes back without a lease during a recovery ends what it brings: nothing waits there', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3, recoveryGrace: 3 })
    const seen = { epoch: 9, incarnation: 'predecessor' }
    const lobby = inventory('lobby', { token: token(9, 5), lapsed: true })
    const leader = standby('leader')
    expect(bench.register('a', { seen, draining: true, containers: [lobby, leader] })).toMatchObject({
      resume: [],
      standby: [],
      held: []
    })
  })

  test('ends what waits there for the end of a recovery', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3, recoveryGrace: 3 })
    const seen = { epoch: 9, incarnation: 'predecessor' }
    const lobby = inventory('lobby', { token: token(9, 5), lapsed: true })
    const get = bench.get('room', { uuid: 'lobby' })
    expect(bench.register('a', { seen, containers: [lobby] }).held).toEqual(['lobby'])
    bench.register('b', { seen })
    drain(bench, 'a')
    expect(bench.of('end')).toMatchObject([
      { agent: key('a'), command: { uuid: 'lobby', token: token(9, 5), reason: 'fenced' } }
    ])
    bench.advance(3000)
    bench.started('lobby')
    expect(bench.record(get).agentId).toBe('b')
  })
})
