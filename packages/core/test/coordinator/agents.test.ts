import { describe, expect, test } from 'vitest'
import { NetworkEventKind } from '../../src/api/records.ts'
import { compareTokens, type ActivationToken } from '../../src/api/tokens.ts'
import type { AgentUuid } from '../../src/api/ids.ts'
import { CoordinatorBench, inventory, key, kind, standby, uuid } from './bench.ts'

const token = (epoch: number, sequence: number): ActivationToken => ({ epoch, sequence })

describe('death of an agent', () => {
  test('is its silence for the whole alive timeout, and moves what somebody refers to', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3 })
    bench.register('a')
    bench.register('b')
    const before = bench.have('lobby')
    bench.have('unheld', { handle: 'short' })
    bench.alive.delete('a')
    bench.advance(2999)
    expect(bench.of('agentGone')).toEqual([])
    bench.advance(1)
    expect(bench.of('agentGone')).toEqual([{ kind: 'agentGone', agent: key('a'), reason: 'silent' }])
    expect(bench.startOf('lobby').agent).toBe(key('b'))
    bench.started('lobby')
    const [after] = bench.machine.list().filter((record) => record.uuid === 'lobby')
    expect(after).toMatchObject({ agentId: 'b' })
    expect(compareTokens(before.token, after?.token ?? before.token)).toBeLessThan(0)
  })

  test('takes containers that nobody refers to out of the directory', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    bench.register('b')
    bench.have('lobby', { handle: '1' })
    bench.release('1')
    bench.alive.delete('a')
    bench.machine.unregister('a' as AgentUuid, '1', bench.now)
    bench.collect()
    expect(bench.of('start')).toHaveLength(1)
    expect(bench.machine.counts()).toMatchObject({ agents: 1, containers: 0 })
  })

  test('lets gets whose container was just starting there go on elsewhere', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    bench.register('b')
    const named = bench.get('room', { uuid: 'lobby' })
    bench.machine.unregister('a' as AgentUuid, '1', bench.now)
    bench.collect()
    expect(bench.startOf('lobby').agent).toBe(key('b'))
    bench.started('lobby')
    expect(bench.record(named).agentId).toBe('b')
    const any = bench.get('room')
    bench.register('c')
    bench.machine.unregister('b' as AgentUuid, '1', bench.now)
    bench.collect()
    expect(bench.startOf(undefined).agent).toBe(key('c'))
    bench.started(undefined)
    expect(bench.record(any).agentId).toBe('c')
  })

  test('is not concluded from a stall of the coordinator itself', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3, pingInterval: 1 })
    bench.register('a')
    bench.have('lobby')
    // Nothing was heard for 5 s because nothing ran: the pings wait to be read.
    bench.now += 5000
    bench.machine.tick(bench.now)
    bench.collect()
    expect(bench.of('agentGone')).toEqual([])
    bench.machine.agentHeard('a' as AgentUuid, bench.now)
    bench.advance(10_000)
    expect(bench.of('agentGone')).toEqual([])
  })

  test('of a real kind is still noticed a ping interval after such a stall', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3, pingInterval: 1 })
    bench.register('a')
    bench.alive.clear()
    bench.now += 5000
    bench.machine.tick(bench.now)
    bench.advance(1000)
    expect(bench.of('agentGone')).toHaveLength(1)
  })

  test('of one incarnation is not that of another: each has its own containers and silence', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3 })
    bench.register('a', { incarnation: '1' })
    bench.have('lobby')
    bench.register('a', { incarnation: '2' })
    expect(bench.machine.agents()).toHaveLength(2)
    expect(bench.machine.list()).toMatchObject([{ uuid: 'lobby', agentId: 'a' }])
    bench.machine.unregister('a' as AgentUuid, '1', bench.now)
    bench.collect()
    expect(bench.startOf('lobby').agent).toBe(key('a', '2'))
  })
})

describe('standbys', () => {
  test('are promoted in the order of their registrations, and every holder hears of it', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3 })
    for (const agent of ['a', 'b', 'c']) bench.register(agent, { kinds: [], containers: [standby('leader')] })
    bench.have('leader', { kind: 'leader' })
    const order = ['a', 'b', 'c'].map((agent) => {
      const [record] = bench.machine.list()
      bench.alive.delete(agent)
      bench.machine.unregister(agent as AgentUuid, '1', bench.now)
      bench.collect()
      return record?.agentId
    })
    expect(order).toEqual(['a', 'b', 'c'])
    const tokens = bench.of('grant').map(({ command }) => command.token)
    expect(tokens.toSorted(compareTokens)).toEqual(tokens)
    const moves = bench.of('containerEvent').filter(({ holders }) => holders.includes('client' as never))
    expect(moves.map(({ event }) => event.event)).toEqual([
      NetworkEventKind.removed,
      NetworkEventKind.added,
      NetworkEventKind.removed,
      NetworkEventKind.added,
      NetworkEventKind.removed
    ])
  })

  test('register as standing by, and only the first serves', () => {
    const bench = new CoordinatorBench()
    const first = bench.register('a', { kinds: [], containers: [standby('leader')] })
    const second = bench.register('b', { kinds: [], containers: [standby('leader')] })
    expect(first).toMatchObject({ resume: [{ uuid: 'leader' }], standby: [] })
    expect(second).toMatchObject({ resume: [], standby: ['leader'] })
    expect(bench.of('end')).toEqual([])
  })

  test.each(['terminated', 'health', 'self'] as const)(
    'take over when the active one has ended (%s)',
    (reason) => {
      const bench = new CoordinatorBench()
      const first = bench.register('a', { kinds: [], containers: [standby('leader')] })
      bench.register('b', { kinds: [], containers: [standby('leader')] })
      const { token } = first.resume[0] ?? {}
      const report = { agentId: 'a' as AgentUuid, incarnation: '1', uuid: uuid('leader'), token, reason }
      bench.machine.containerEnded(report, bench.now)
      bench.collect()
      expect(bench.machine.list()).toMatchObject([{ uuid: 'leader', agentId: 'b' }])
    }
  )

  test('of another kind than the active one do not stand by', () => {
    const bench = new CoordinatorBench()
    bench.register('a', { kinds: [], containers: [standby('leader')] })
    const reply = bench.register('b', { kinds: [], containers: [standby('leader', { kind: kind('judge') })] })
    expect(reply).toMatchObject({ resume: [], standby: [] })
  })
})

describe('registering again', () => {
  test('resumes what is still its own, under the same token in the same epoch', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    const { token } = bench.have('lobby')
    const reply = bench.register('a', { containers: [inventory('lobby', { token })] })
    expect(reply).toMatchObject({ resume: [{ uuid: 'lobby', token }], standby: [] })
    expect(bench.of('agentEvent')).toHaveLength(1)
  })

  test('drops what was given to somebody else meanwhile', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3 })
    bench.register('a')
    bench.register('b')
    const { token } = bench.have('lobby')
    bench.alive.delete('a')
    bench.advance(3000)
    bench.started('lobby')
    const reply = bench.register('a', { leased: false, containers: [inventory('lobby', { token })] })
    expect(reply).toMatchObject({ resume: [], standby: [] })
    expect(bench.machine.list()).toMatchObject([{ uuid: 'lobby', agentId: 'b' }])
  })

  test('drops what is just starting elsewhere', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3 })
    bench.register('a')
    bench.register('b')
    const { token } = bench.have('lobby')
    bench.alive.delete('a')
    bench.advance(3000)
    const reply = bench.register('a', { leased: false, containers: [inventory('lobby', { token })] })
    expect(reply.resume).toEqual([])
  })

  test('lets an HA container that was overtaken stand by', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3 })
    const { resume } = bench.register('a', { kinds: [], containers: [standby('leader')] })
    bench.register('b', { kinds: [], containers: [standby('leader')] })
    bench.alive.delete('a')
    bench.advance(3000)
    expect(bench.machine.list()).toMatchObject([{ agentId: 'b' }])
    const held = standby('leader', { token: resume[0]?.token })
    expect(bench.register('a', { kinds: [], containers: [held] })).toMatchObject({
      resume: [],
      standby: ['leader']
    })
  })

  test('resumes under a higher token what nobody else has, after the agent was given up', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3 })
    bench.register('a')
    const { token } = bench.have('lobby')
    bench.alive.delete('a')
    bench.advance(3000)
    expect(bench.machine.list()).toEqual([])
    const reply = bench.register('a', { leased: false, containers: [inventory('lobby', { token })] })
    expect(reply.resume).toMatchObject([{ uuid: 'lobby' }])
    expect(compareTokens(token, reply.resume[0]?.token ?? token)).toBeLessThan(0)
  })

  test('without a container that the directory has there places it anew', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    bench.have('lobby')
    bench.register('a', { containers: [] })
    expect(bench.of('start')).toHaveLength(2)
    bench.started('lobby')
    expect(bench.machine.list()).toHaveLength(1)
  })

  test('keeps its own labels, whatever a get that waited for it asked for', () => {
    const bench = new CoordinatorBench({ recoveryGrace: 3 })
    const waiting = bench.get('room', { uuid: 'lobby', labels: ['globex'] })
    bench.register('a', { containers: [inventory('lobby', { token: token(9, 5), labels: ['acme'] })] })
    expect(bench.record(waiting).labels).toEqual(['acme'])
    expect(bench.record(bench.get('room', { labels: ['acme'] })).uuid).toBe('lobby')
  })

  test('with another kind of that uuid does not pass for what was to be started there', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    const get = bench.get('room', { uuid: 'leader' })
    const reply = bench.register('a', { containers: [standby('leader')] })
    expect(reply).toMatchObject({ resume: [], standby: [] })
    expect(bench.outcome(get)).toBeUndefined()
    bench.started('leader')
    expect(bench.record(get)).toMatchObject({ uuid: 'leader', kind: 'room' })
    expect(bench.register('a', { containers: [standby('leader')] })).toMatchObject({
      resume: [],
      standby: []
    })
    expect(bench.startOf('leader').command.kind).toBe('room')
  })

  test('goes on with what it serves, though another kind of that uuid is waited for', () => {
    const bench = new CoordinatorBench({ recoveryGrace: 3 })
    const waiting = bench.get('hall', { uuid: 'lobby' })
    const leading = bench.get('room', { uuid: 'leader' })
    const containers = [inventory('lobby', { token: token(9, 5) }), standby('leader')]
    const reply = bench.register('a', { containers })
    expect(reply).toMatchObject({ resume: [{ uuid: 'lobby' }], standby: ['leader'] })
    expect(bench.outcome(waiting)).toMatchObject({ error: { code: 'UUID_IN_USE' } })
    expect(bench.outcome(leading)).toMatchObject({ error: { code: 'UUID_IN_USE' } })
  })

  test('and dying then takes its containers along', () => {
    const bench = new CoordinatorBench({ aliveTimeout: 3 })
    bench.register('a', {
      containers: [inventory('lobby', { token: token(9, 5) })],
      seen: { epoch: 9, incarnation: 'predecessor' }
    })
    expect(bench.machine.list()).toHaveLength(1)
    bench.alive.delete('a')
    bench.advance(3000)
    expect(bench.machine.counts()).toMatchObject({ agents: 0, containers: 0 })
  })
})

describe('epochs', () => {
  test('rise above that of any coordinator an agent has obeyed', () => {
    const bench = new CoordinatorBench({ epoch: 10 })
    const reply = bench.register('a', { seen: { epoch: 20, incarnation: 'later' } })
    expect(reply.coordinator.epoch).toBe(21)
    expect(bench.machine.identity.epoch).toBe(21)
  })

  test('rise when another incarnation has had the same one', () => {
    const bench = new CoordinatorBench({ epoch: 10 })
    const reply = bench.register('a', { seen: { epoch: 10, incarnation: 'twin' } })
    expect(reply.coordinator.epoch).toBe(11)
  })

  test('stay when the agent has obeyed this very coordinator, or an earlier one', () => {
    const bench = new CoordinatorBench({ epoch: 10 })
    bench.register('a', { seen: bench.machine.identity })
    bench.register('b', { seen: { epoch: 9, incarnation: 'earlier' } })
    expect(bench.machine.identity.epoch).toBe(10)
  })

  test('that rose make the other agents register again, and give their containers tokens of the new one', () => {
    const bench = new CoordinatorBench({ epoch: 10 })
    bench.register('a')
    const { token } = bench.have('lobby')
    const old = bench.machine.identity
    expect(bench.renew('a', old)).toBe('renewed')
    bench.register('b', { seen: { epoch: 20, incarnation: 'later' } })
    expect(bench.renew('a', old)).toBe('register')
    const reply = bench.register('a', { seen: old, containers: [inventory('lobby', { token })] })
    expect(reply.resume).toMatchObject([{ uuid: 'lobby', token: { epoch: 21 } }])
    expect(bench.machine.list()).toMatchObject([{ token: { epoch: 21 } }])
  })

  test('of strangers are not renewed: an agent that is not registered is told to register', () => {
    const bench = new CoordinatorBench()
    expect(bench.renew('a')).toBe('register')
  })
})

describe('the recovery hold', () => {
  const seen = { epoch: 9, incarnation: 'predecessor' }

  test('places nothing by uuid or labels that an unheard agent may still own', () => {
    const bench = new CoordinatorBench({ epoch: 10, aliveTimeout: 3 })
    bench.register('a', { seen })
    expect(bench.machine.recovering).toBe(true)
    const gets = [bench.get('room', { uuid: 'lobby' }), bench.get('room', { labels: ['acme'] })]
    expect(bench.of('start')).toEqual([])
    bench.advance(2999)
    expect(bench.of('start')).toEqual([])
    bench.advance(1)
    expect(bench.machine.recovering).toBe(false)
    expect(bench.of('start')).toHaveLength(2)
    expect(gets.map((get) => bench.outcome(get))).toEqual([undefined, undefined])
  })

  test('lets an agent that comes late go on with what it serves, and settles who waits for it', () => {
    const bench = new CoordinatorBench({ epoch: 10, aliveTimeout: 3 })
    bench.register('a', { seen })
    const get = bench.get('room', { uuid: 'lobby' })
    bench.advance(2000)
    bench.register('b', { seen, containers: [inventory('lobby', { token: token(9, 7) })] })
    expect(bench.record(get)).toMatchObject({ agentId: 'b', token: { epoch: 10 } })
    bench.advance(2000)
    expect(bench.of('start')).toEqual([])
  })

  test('promotes standbys only at its end', () => {
    const bench = new CoordinatorBench({ epoch: 10, aliveTimeout: 3 })
    bench.register('b', { seen, kinds: [], containers: [standby('leader')] })
    expect(bench.machine.list()).toEqual([])
    bench.advance(1000)
    bench.register('a', { seen, kinds: [], containers: [standby('leader', { token: token(9, 7) })] })
    expect(bench.machine.list()).toMatchObject([{ agentId: 'a' }])
    bench.advance(3000)
    expect(bench.machine.list()).toMatchObject([{ agentId: 'a' }])
    expect(bench.of('grant')).toEqual([])
  })

  test('begins, too, when a client reports an earlier epoch', () => {
    const bench = new CoordinatorBench({ epoch: 10, aliveTimeout: 3 })
    bench.register('a')
    bench.get('room', { uuid: 'lobby', seen: { epoch: 9, incarnation: 'ninth' } })
    expect(bench.of('start')).toEqual([])
    bench.advance(3000)
    expect(bench.of('start')).toHaveLength(1)
  })

  test('lasts from the start for as long as the options say', () => {
    const bench = new CoordinatorBench({ recoveryGrace: 5 })
    bench.register('a')
    bench.get('room', { uuid: 'lobby' })
    bench.advance(4999)
    expect(bench.of('start')).toEqual([])
    bench.advance(1)
    expect(bench.of('start')).toHaveLength(1)
  })

  test('does not keep a get waiting beyond its deadline, and says why', () => {
    const bench = new CoordinatorBench({ recoveryGrace: 5 })
    bench.register('a')
    const get = bench.get('room', { uuid: 'lobby', timeoutMs: 1000 })
    bench.advance(1000)
    expect(bench.outcome(get)).toMatchObject({
      error: { code: 'NO_AGENT', message: expect.stringContaining('recovering') }
    })
  })
})

describe('reports of ends', () => {
  test('of an earlier activation do not harm the newer one', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    bench.have('lobby')
    const report = {
      agentId: 'a' as AgentUuid,
      incarnation: '1',
      uuid: uuid('lobby'),
      token: token(9, 99),
      reason: 'self' as const
    }
    bench.machine.containerEnded(report, bench.now)
    bench.machine.containerEnded({ ...report, agentId: 'nobody' as AgentUuid }, bench.now)
    bench.machine.containerEnded({ ...report, uuid: uuid('nothing') }, bench.now)
    bench.collect()
    expect(bench.machine.list()).toHaveLength(1)
  })

  test('are believed of the activation that serves, though one that stands by is there since', () => {
    const bench = new CoordinatorBench()
    bench.register('a', { containers: [standby('leader')] })
    const { token } = bench.have('leader', { kind: 'leader' })
    const agent = { agentId: 'a' as AgentUuid, incarnation: '1' }
    const standbys = [standby('leader')]
    bench.machine.updateAgent({ ...agent, kinds: [], endpoint: undefined, standbys }, bench.now)
    bench.machine.containerEnded({ ...agent, uuid: uuid('leader'), token, reason: 'fenced' }, bench.now)
    bench.collect()
    const grant = bench.of('grant').at(-1)
    expect(compareTokens(token, grant?.command.token ?? token)).toBeLessThan(0)
    expect(bench.machine.list()).toMatchObject([{ uuid: 'leader', token: grant?.command.token }])
  })

  test('by itself leave the container ended until somebody asks for it again', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    const { token } = bench.have('lobby')
    const report = { agentId: 'a' as AgentUuid, incarnation: '1', uuid: uuid('lobby'), token }
    bench.machine.containerEnded({ ...report, reason: 'self' }, bench.now)
    bench.collect()
    bench.advance(10_000)
    expect(bench.of('start')).toHaveLength(1)
    expect(bench.machine.list()).toEqual([])
    expect(bench.have('lobby').uuid).toBe('lobby')
  })

  test('for bad health place the container anew, more slowly the more often it happens', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    bench.have('lobby')
    const delays: number[] = []
    for (let round = 0; round < 4; round++) {
      const [record] = bench.machine.list()
      const report = {
        agentId: 'a' as AgentUuid,
        incarnation: '1',
        uuid: uuid('lobby'),
        token: record?.token
      }
      const starts = bench.of('start').length
      const at = bench.now
      bench.machine.containerEnded({ ...report, reason: 'health' }, bench.now)
      bench.collect()
      while (bench.of('start').length === starts) bench.advance(10)
      delays.push(bench.now - at)
      bench.started('lobby')
    }
    expect(delays).toEqual([100, 200, 400, 800])
  })
})
