import { describe, expect, test } from 'vitest'
import { NetworkError } from '../../src/api/errors.ts'
import type { AgentUuid } from '../../src/api/ids.ts'
import type { Snapshot } from '../../src/contract/ports.ts'
import { Snapshots } from '../../src/coordinator/snapshots.ts'
import { CoordinatorBench, inventory, key, kind, nothing, standby, uuid } from './bench.ts'

const bytes = (length: number): Snapshot => ({ kind: 'bytes', bytes: new Uint8Array(length) })
const snapshot = bytes(7)

/** A container that serves on agent a, while b could have it, too. */
function serving(options: ConstructorParameters<typeof CoordinatorBench>[0] = {}): CoordinatorBench {
  const bench = new CoordinatorBench(options)
  bench.register('a')
  bench.have('lobby')
  bench.register('b')
  return bench
}

function drain(bench: CoordinatorBench, agent = 'a'): void {
  bench.machine.drainAgent(agent as AgentUuid, '1', bench.now)
  bench.collect()
}

/** The agent has ended what it was told to end last, and this was handed over. */
function endWith(bench: CoordinatorBench, name: string, handedOver: Snapshot): void {
  const end = bench.of('end').findLast(({ command }) => command.uuid === name)
  if (end === undefined) throw new Error(`nobody was told to end ${name}`)
  bench.machine.endSucceeded(end.agent, end.command, bench.now, handedOver)
  bench.collect()
}

describe('what a drained container hands over', () => {
  test('comes with the start of its next activation, which has to wait for that end (I1)', () => {
    const bench = serving()
    drain(bench)
    const starts = bench.of('start').length
    bench.get('room', { uuid: 'lobby' })
    expect(bench.of('start')).toHaveLength(starts)
    endWith(bench, 'lobby', snapshot)
    expect(bench.startOf('lobby')).toMatchObject({ agent: key('b'), command: { snapshot } })
  })

  test('is used once: the activation after the next has nothing of it', () => {
    const bench = serving()
    drain(bench)
    endWith(bench, 'lobby', snapshot)
    bench.started('lobby')
    bench.register('c')
    bench.machine.unregister('b' as AgentUuid, '1', bench.now)
    bench.collect()
    const { agent, command } = bench.startOf('lobby')
    expect(agent).toBe(key('c'))
    expect(command.snapshot).toBeUndefined()
  })

  test('waits for who wants it, though not for ever', () => {
    const bench = serving({ snapshotTimeout: 20 })
    bench.release('handle-1')
    drain(bench)
    endWith(bench, 'lobby', snapshot)
    expect(bench.machine.counts().containers).toBe(0)
    bench.advance(19_000)
    bench.get('room', { uuid: 'lobby' })
    expect(bench.startOf('lobby').command.snapshot).toEqual(snapshot)
    bench.started('lobby')
    bench.machine.drainAgent('b' as AgentUuid, '1', bench.now)
    bench.collect()
    bench.register('c', { kinds: [] })
    endWith(bench, 'lobby', snapshot)
    bench.advance(20_000)
    bench.register('d')
    expect(bench.startOf('lobby')).toMatchObject({ agent: key('d') })
    expect(bench.startOf('lobby').command.snapshot).toBeUndefined()
  })

  test('is offered again when the factory failed or its agent refused', () => {
    const bench = serving()
    bench.register('c')
    drain(bench)
    endWith(bench, 'lobby', snapshot)
    const first = bench.startOf('lobby')
    bench.startFailed('lobby', { kind: 'refused' })
    const second = bench.startOf('lobby')
    expect(second.command.startId).not.toBe(first.command.startId)
    expect(second.command.snapshot).toEqual(snapshot)
    bench.startFailed('lobby', { kind: 'failed', error: new NetworkError('FACTORY_FAILED', 'no') })
    bench.get('room', { uuid: 'lobby' })
    expect(bench.startOf('lobby').command.startId).not.toBe(second.command.startId)
    expect(bench.startOf('lobby').command.snapshot).toEqual(snapshot)
  })

  test('is not offered again once somebody may have served with it', () => {
    const bench = serving()
    bench.register('c')
    drain(bench)
    endWith(bench, 'lobby', snapshot)
    const first = bench.startOf('lobby')
    bench.machine.unregister(first.agent.split('\n')[0] as AgentUuid, '1', bench.now)
    bench.collect()
    const second = bench.startOf('lobby')
    expect(second.agent).not.toBe(first.agent)
    expect(second.command.snapshot).toBeUndefined()
  })

  test('is not for a container of another kind', () => {
    const bench = serving()
    bench.release('handle-1')
    drain(bench)
    endWith(bench, 'lobby', snapshot)
    bench.register('d', { kinds: ['cellar'] })
    bench.get('cellar', { uuid: 'lobby' })
    expect(bench.startOf('lobby').command.kind).toBe('cellar')
    expect(bench.startOf('lobby').command.snapshot).toBeUndefined()
  })

  test('is not taken from an activation whose end nobody waits for', () => {
    const bench = serving()
    drain(bench)
    const end = bench.of('end').findLast(({ command }) => command.uuid === 'lobby')!
    // The agent is given up, and the container goes on elsewhere; then the answer arrives.
    bench.machine.unregister('a' as AgentUuid, '1', bench.now)
    bench.collect()
    bench.started('lobby')
    bench.machine.endSucceeded(end.agent, end.command, bench.now, snapshot)
    bench.register('c')
    bench.machine.unregister('b' as AgentUuid, '1', bench.now)
    bench.collect()
    expect(bench.startOf('lobby')).toMatchObject({ agent: key('c') })
    expect(bench.startOf('lobby').command.snapshot).toBeUndefined()
  })

  test('leaves nothing behind', () => {
    const bench = serving()
    bench.release('handle-1')
    drain(bench)
    endWith(bench, 'lobby', snapshot)
    for (const agent of ['a', 'b']) bench.machine.unregister(agent as AgentUuid, '1', bench.now)
    bench.machine.clientGone('client' as never, bench.now)
    bench.collect()
    bench.alive.clear()
    expect(bench.machine.counts()).toEqual({ ...nothing, deadlines: 1 })
    bench.advance(60_000)
    expect(bench.machine.counts()).toEqual(nothing)
  })
})

describe('what a terminated container hands over', () => {
  test('comes with its report, and goes to the next start', () => {
    const bench = serving()
    const { token } = bench.record(1)
    const about = { agentId: 'a' as AgentUuid, incarnation: '1', uuid: uuid('lobby') }
    bench.machine.containerEnded({ ...about, token, reason: 'terminated', snapshot }, bench.now)
    bench.get('room', { uuid: 'lobby' })
    bench.collect()
    expect(bench.startOf('lobby').command.snapshot).toEqual(snapshot)
  })

  test('goes to the standby that is promoted', () => {
    const bench = new CoordinatorBench()
    for (const agent of ['a', 'b']) bench.register(agent, { kinds: [], containers: [standby('leader')] })
    const { token } = bench.have('leader', { kind: 'leader' })
    const about = { agentId: 'a' as AgentUuid, incarnation: '1', uuid: uuid('leader') }
    bench.machine.containerEnded({ ...about, token, reason: 'terminated', snapshot }, bench.now)
    bench.collect()
    expect(bench.of('grant').at(-1)).toMatchObject({ agent: key('b'), command: { snapshot } })
  })

  test('is forgotten when the container turns up elsewhere', () => {
    const bench = serving()
    bench.release('handle-1')
    drain(bench)
    endWith(bench, 'lobby', snapshot)
    bench.register('z', {
      seen: { epoch: 9, incarnation: 'predecessor' },
      containers: [inventory('lobby', { token: { epoch: 9, sequence: 5 } })]
    })
    bench.have('lobby')
    bench.machine.unregister('z' as AgentUuid, '1', bench.now)
    bench.collect()
    bench.advance(4000)
    expect(bench.startOf('lobby').command.snapshot).toBeUndefined()
  })
})

describe('snapshots', () => {
  const room = kind('room')
  const limits = { snapshotsMax: 3, snapshotBytesMax: 100, snapshotTimeoutMs: 1000 }

  test('are bounded in number and bytes: the eldest go first', () => {
    const snapshots = new Snapshots(limits)
    for (const name of ['a', 'b', 'c', 'd']) snapshots.keep(uuid(name), room, bytes(10), 0)
    const kept = (): string[] =>
      ['a', 'b', 'c', 'd', 'e'].filter((name) => snapshots.find(uuid(name), room, 0) !== undefined)
    expect(kept()).toEqual(['b', 'c', 'd'])
    snapshots.keep(uuid('e'), room, bytes(85), 0)
    expect(kept()).toEqual(['d', 'e'])
    snapshots.keep(uuid('a'), room, bytes(101), 0)
    expect(kept()).toEqual(['d', 'e'])
    for (const name of kept()) snapshots.forget(uuid(name))
    snapshots.keep(uuid('a'), room, bytes(100), 0)
    expect(kept()).toEqual(['a'])
  })

  test('are bounded in time, each from when it came', () => {
    const snapshots = new Snapshots(limits)
    snapshots.keep(uuid('a'), room, bytes(1), 0)
    snapshots.keep(uuid('b'), room, bytes(1), 500)
    snapshots.keep(uuid('a'), room, bytes(2), 600)
    expect(snapshots.nextExpiry()).toBe(1500)
    expect(snapshots.find(uuid('b'), room, 1500)).toBeUndefined()
    snapshots.expire(1500)
    expect([snapshots.size, snapshots.nextExpiry()]).toEqual([1, 1600])
  })
})
