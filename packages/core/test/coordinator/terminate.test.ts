import { describe, expect, test } from 'vitest'
import { NetworkEventKind } from '../../src/api/records.ts'
import { CoordinatorBench, key, standby, uuid } from './bench.ts'

function terminate(bench: CoordinatorBench, name: string): boolean {
  const isThere = bench.machine.terminateContainer(uuid(name), bench.now)
  bench.collect()
  return isThere
}

describe('a container that is terminated on purpose', () => {
  test('is ended by its agent, and those who hold it hear that it has gone', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    bench.have('lobby')
    expect(terminate(bench, 'lobby')).toBe(true)
    expect(bench.of('end')).toMatchObject([
      { agent: key('a'), command: { uuid: 'lobby', reason: 'terminated' } }
    ])
    expect(bench.of('containerEvent').at(-1)).toMatchObject({
      event: { container: { uuid: 'lobby' }, event: NetworkEventKind.removed },
      holders: ['client']
    })
    expect(bench.machine.list()).toEqual([])
  })

  test('is not started again for the references that it has, but by its next use', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    bench.alive.add('client')
    bench.have('lobby', { handle: 'mine' })
    terminate(bench, 'lobby')
    bench.endAcknowledged('lobby')
    bench.advance(60_000)
    bench.register('b')
    expect(bench.of('start')).toHaveLength(1)
    expect(bench.machine.createInspector(0).containersByState()).toMatchObject({ unplaced: 1 })
    const again = bench.get('room', { uuid: 'lobby', handle: 'mine' })
    bench.started('lobby')
    expect(bench.record(again).uuid).toBe('lobby')
  })

  test('is forgotten when nobody refers to it', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    bench.have('lobby', { handle: 'mine' })
    bench.release('mine')
    terminate(bench, 'lobby')
    bench.endAcknowledged('lobby')
    expect(bench.machine.counts().containers).toBe(0)
  })

  test('is followed by the next standby when several agents have it', () => {
    const bench = new CoordinatorBench()
    for (const agent of ['a', 'b']) bench.register(agent, { kinds: [], containers: [standby('leader')] })
    expect(bench.machine.list()).toMatchObject([{ agentId: 'a' }])
    terminate(bench, 'leader')
    bench.endAcknowledged('leader')
    expect(bench.machine.list()).toMatchObject([{ agentId: 'b' }])
  })

  test('whose start hangs is withdrawn, and who waits for it gets it by another start', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    const get = bench.get('room', { uuid: 'lobby' })
    terminate(bench, 'lobby')
    expect(bench.of('end')).toMatchObject([{ agent: key('a'), command: { reason: 'withdrawn' } }])
    bench.endAcknowledged('lobby')
    expect(bench.of('start')).toHaveLength(2)
    bench.started('lobby')
    expect(bench.record(get).uuid).toBe('lobby')
  })

  test('while it is handed over does not go on elsewhere by itself', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    bench.have('lobby')
    bench.register('b')
    bench.machine.drainAgent('a' as never, '1', bench.now)
    bench.collect()
    terminate(bench, 'lobby')
    bench.endAcknowledged('lobby')
    expect(bench.of('start')).toHaveLength(1)
    expect(bench.machine.list()).toEqual([])
  })

  test('while nobody can have it is no longer looked for', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    bench.alive.add('client')
    bench.have('lobby', { handle: 'mine' })
    bench.machine.unregister('a' as never, '1', bench.now)
    bench.collect()
    terminate(bench, 'lobby')
    bench.register('b')
    expect(bench.of('start')).toHaveLength(1)
  })

  test('must be there', () => {
    const bench = new CoordinatorBench()
    expect(terminate(bench, 'lobby')).toBe(false)
    expect(bench.effects).toEqual([])
  })
})
