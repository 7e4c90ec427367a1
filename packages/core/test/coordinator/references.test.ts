import { describe, expect, test } from 'vitest'
import { client, CoordinatorBench, key, nothing, standby } from './bench.ts'

function benchWithAgent(): CoordinatorBench {
  const bench = new CoordinatorBench({ unusedContainerTimeout: 3, aliveTimeout: 3 })
  bench.register('a')
  return bench
}

describe('references', () => {
  test('keep a container for as long as one of them is held', () => {
    const bench = benchWithAgent()
    bench.have('lobby', { handle: '1' })
    bench.have('lobby', { handle: '2' })
    bench.have('lobby', { handle: '3', client: 'other' })
    bench.release('1')
    bench.release('2')
    bench.advance(60_000)
    expect(bench.of('end')).toEqual([])
    bench.release('3', 'other')
    bench.advance(2999)
    expect(bench.of('end')).toEqual([])
    bench.advance(1)
    expect(bench.of('end')).toMatchObject([{ agent: key('a'), command: { uuid: 'lobby', reason: 'unused' } }])
  })

  test('are sets of handles: asking or releasing twice changes nothing', () => {
    const bench = benchWithAgent()
    bench.have('lobby', { handle: '1' })
    bench.have('lobby', { handle: '1' })
    bench.have('lobby', { handle: '2' })
    bench.release('1')
    bench.release('1')
    bench.advance(10_000)
    expect(bench.of('end')).toEqual([])
    bench.release('2')
    bench.advance(3000)
    expect(bench.of('end')).toHaveLength(1)
  })

  test('that come back in time keep the container', () => {
    const bench = benchWithAgent()
    bench.have('lobby', { handle: '1' })
    bench.release('1')
    bench.advance(2999)
    bench.have('lobby', { handle: '2' })
    bench.advance(60_000)
    expect(bench.of('end')).toEqual([])
  })

  test('that come back while it ends get the next activation, once that has ended', () => {
    const bench = benchWithAgent()
    bench.have('lobby', { handle: '1' })
    bench.release('1')
    bench.advance(3000)
    const get = bench.get('room', { uuid: 'lobby' })
    bench.advance(5000)
    expect(bench.of('start')).toHaveLength(1)
    expect(bench.outcome(get)).toBeUndefined()
    bench.endAcknowledged('lobby')
    expect(bench.of('start')).toHaveLength(2)
    bench.started('lobby')
    expect(bench.record(get).uuid).toBe('lobby')
  })

  test('of a client that is silent for its alive timeout go, and its agents are told', () => {
    const bench = benchWithAgent()
    bench.machine.clientSeen(client('quick'), 1000, bench.now)
    bench.machine.clientSeen(client('patient'), 60_000, bench.now)
    bench.have('lobby', { client: 'quick' })
    bench.have('cellar', { client: 'patient' })
    bench.advance(1000)
    expect(bench.of('clientGone')).toMatchObject([
      { agent: key('a'), command: { clientId: 'quick', uuids: ['lobby'] } }
    ])
    bench.advance(3000)
    expect(bench.of('end').map(({ command }) => command.uuid)).toEqual(['lobby'])
    bench.advance(56_000)
    expect(bench.of('clientGone')).toHaveLength(2)
  })

  test('of a client that is heard stay, however long it says nothing else', () => {
    const bench = benchWithAgent()
    bench.machine.clientSeen(client('client'), 1000, bench.now)
    bench.alive.add('client')
    bench.have('lobby')
    bench.advance(3_600_000)
    expect(bench.of('clientGone')).toEqual([])
    expect(bench.machine.list()).toHaveLength(1)
  })

  test('of a client that dies in the middle of a get do not stay', () => {
    const bench = benchWithAgent()
    bench.machine.clientSeen(client('client'), 1000, bench.now)
    bench.get('room', { uuid: 'lobby' })
    bench.advance(1000)
    bench.started('lobby')
    bench.advance(3000)
    expect(bench.of('end')).toMatchObject([{ command: { uuid: 'lobby', reason: 'unused' } }])
  })

  test('are not what keeps an HA container', () => {
    const bench = new CoordinatorBench()
    bench.register('a', { kinds: [], containers: [standby('leader')] })
    bench.get('leader', { handle: '1' })
    bench.release('1')
    bench.advance(600_000)
    expect(bench.of('end')).toEqual([])
    expect(bench.machine.list()).toHaveLength(1)
  })

  test('leave nothing behind once all have gone', () => {
    const bench = benchWithAgent()
    bench.have('lobby', { handle: '1' })
    bench.get('hall', { handle: '2', timeoutMs: 100_000 })
    bench.machine.clientGone(client('client'), bench.now)
    bench.collect()
    bench.advance(3000)
    bench.endAcknowledged('lobby')
    bench.alive.clear()
    bench.advance(3000)
    expect(bench.machine.counts()).toEqual(nothing)
  })
})
