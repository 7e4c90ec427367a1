import { describe, expect, test } from 'vitest'
import { NetworkError } from '../../src/api/errors.ts'
import { CoordinatorBench, key, kind, standby, uuid } from './bench.ts'

const withCode = (code: string): unknown => ({ error: expect.objectContaining({ code }) as Error })

describe('get by uuid', () => {
  test('starts the container once for gets that come together, and settles all of them', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    const gets = [1, 2, 3].map(() => bench.get('room', { uuid: 'lobby' }))
    expect(bench.of('start')).toHaveLength(1)
    bench.started('lobby')
    for (const get of gets) expect(bench.record(get)).toMatchObject({ uuid: 'lobby', agentId: 'a' })
  })

  test('returns the container that serves already, at once', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    bench.have('lobby')
    expect(bench.record(bench.get('room', { uuid: 'lobby', client: 'other' })).uuid).toBe('lobby')
    expect(bench.of('start')).toHaveLength(1)
  })

  test('refuses a uuid that another kind has, serving or starting', () => {
    const bench = new CoordinatorBench()
    bench.register('a', { kinds: ['room', 'hall'] })
    bench.get('room', { uuid: 'lobby' })
    expect(bench.outcome(bench.get('hall', { uuid: 'lobby' }))).toEqual(withCode('UUID_IN_USE'))
    bench.started('lobby')
    expect(bench.outcome(bench.get('hall', { uuid: 'lobby' }))).toEqual(withCode('UUID_IN_USE'))
  })

  test('lets the uuid decide when there are labels, too: they apply at creation only', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    bench.get('room', { uuid: 'lobby', labels: ['acme'] })
    bench.started('lobby')
    const again = bench.get('room', { uuid: 'lobby', labels: ['globex'] })
    expect(bench.record(again)).toMatchObject({ uuid: 'lobby', labels: ['acme'] })
  })

  test('places new containers round-robin over the agents that offer the kind', () => {
    const bench = new CoordinatorBench()
    for (const agent of ['a', 'b', 'c']) bench.register(agent)
    bench.register('d', { kinds: ['hall'] })
    for (const name of ['1', '2', '3', '4']) bench.get('room', { uuid: name })
    expect(bench.of('start').map(({ agent }) => agent)).toEqual([key('a'), key('b'), key('c'), key('a')])
  })

  test('tries another agent when one refuses to start it', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    bench.register('b')
    const get = bench.get('room', { uuid: 'lobby' })
    bench.startFailed('lobby', { kind: 'refused' })
    expect(bench.of('start').map(({ agent }) => agent)).toEqual([key('a'), key('b')])
    bench.started('lobby')
    expect(bench.record(get).agentId).toBe('b')
  })

  test("fails with the factory's own error, at once and for all who wait, and keeps nothing of it", () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    const error = new NetworkError('APPLICATION_ERROR', 'the paint is wet')
    const gets = [bench.get('room', { uuid: 'lobby' }), bench.get('room', { uuid: 'lobby' })]
    bench.startFailed('lobby', { kind: 'failed', error })
    for (const get of gets) expect(bench.outcome(get)).toEqual({ error })
    expect(bench.machine.counts()).toMatchObject({ containers: 0, gets: 0, starts: 0 })
    expect(bench.have('lobby').uuid).toBe('lobby')
  })

  test('does not start it elsewhere before an unheard start has surely ended', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    bench.register('b')
    const get = bench.get('room', { uuid: 'lobby' })
    bench.startFailed('lobby', { kind: 'unknown' })
    expect(bench.of('start')).toHaveLength(1)
    expect(bench.of('end')).toMatchObject([
      { agent: key('a'), command: { uuid: 'lobby', reason: 'withdrawn' } }
    ])
    bench.endAcknowledged('lobby')
    expect(bench.of('start')).toHaveLength(2)
    bench.started('lobby')
    expect(bench.record(get).uuid).toBe('lobby')
  })

  test('fails when the factory makes another uuid than it was asked for, and ends what it made', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    const get = bench.get('room', { uuid: 'lobby' })
    bench.started('lobby', 'cellar')
    expect(bench.outcome(get)).toEqual(withCode('INVALID_CONTAINER'))
    expect(bench.of('end')).toMatchObject([{ command: { uuid: 'cellar', reason: 'withdrawn' } }])
    expect(bench.machine.list()).toEqual([])
  })
})

describe('get by labels', () => {
  test('returns the container that bears all of them, on whichever agent', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    bench.register('b')
    bench.get('room', { labels: ['acme', 'red', 'big'] })
    bench.started(undefined, 'made-1')
    expect(bench.record(bench.get('room', { labels: ['big', 'acme'] })).uuid).toBe('made-1')
    const another = bench.get('room', { labels: ['acme', 'blue'] })
    bench.started(undefined, 'made-2')
    expect(bench.record(another)).toMatchObject({ uuid: 'made-2', agentId: 'b', labels: ['acme', 'blue'] })
  })

  test('shares one start between gets that come together', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    bench.register('b')
    const gets = [bench.get('room', { labels: ['acme'] }), bench.get('room', { labels: ['acme'] })]
    expect(bench.of('start')).toHaveLength(1)
    bench.started(undefined)
    expect(gets.map((get) => bench.record(get).uuid)).toEqual(['made', 'made'])
  })

  test('does not return one of another kind with the same labels', () => {
    const bench = new CoordinatorBench()
    bench.register('a', { kinds: ['room', 'hall'] })
    bench.get('room', { labels: ['acme'] })
    bench.started(undefined, 'made-1')
    const hall = bench.get('hall', { labels: ['acme'] })
    bench.started(undefined, 'made-2')
    expect(bench.record(hall)).toMatchObject({ uuid: 'made-2', kind: 'hall' })
  })

  test('grants a container that its factory has named, and refuses a name already taken', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    bench.get('room', { labels: ['acme'] })
    bench.started(undefined, 'made')
    expect(bench.of('grant')).toMatchObject([{ agent: key('a'), command: { uuid: 'made' } }])
    const late = bench.get('room', { labels: ['globex'] })
    bench.started(undefined, 'made')
    expect(bench.outcome(late)).toEqual(withCode('UUID_IN_USE'))
    expect(bench.of('grant')).toHaveLength(1)
    expect(bench.of('end')).toMatchObject([
      { command: { uuid: 'made', token: undefined, reason: 'withdrawn' } }
    ])
    expect(bench.machine.list()).toMatchObject([{ uuid: 'made', labels: ['acme'] }])
  })
})

describe('get by kind alone', () => {
  test('goes round-robin over the agents, with one unlabelled container on each', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    bench.register('b')
    const gets = [bench.get('room'), bench.get('room'), bench.get('room'), bench.get('room')]
    expect(bench.of('start')).toHaveLength(2)
    const [first, second] = bench.of('start')
    for (const [start, name] of [
      [first, 'on-a'],
      [second, 'on-b']
    ] as const) {
      const result = { uuid: uuid(name), endpoint: '' as never }
      bench.machine.startSucceeded(start?.command.startId ?? 0, start?.agent ?? key(''), result, bench.now)
    }
    bench.collect()
    expect(gets.map((get) => bench.record(get).uuid)).toEqual(['on-a', 'on-b', 'on-a', 'on-b'])
  })

  test('never hands a labelled or a named container to an unlabelled get', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    bench.get('room', { labels: ['acme'] })
    bench.started(undefined, 'tenant')
    bench.have('named')
    const any = bench.get('room')
    bench.started(undefined, 'anybody')
    expect(bench.record(any)).toMatchObject({ uuid: 'anybody', labels: [] })
    expect(bench.record(bench.get('room')).uuid).toBe('anybody')
  })

  test('returns the active container of a kind that exists only as an HA container', () => {
    const bench = new CoordinatorBench()
    bench.register('a', { kinds: [], containers: [standby('leader')] })
    bench.register('b', { kinds: [], containers: [standby('leader')] })
    expect(bench.record(bench.get('leader'))).toMatchObject({ uuid: 'leader', agentId: 'a' })
    expect(bench.of('start')).toEqual([])
    expect(bench.machine.kinds()).toEqual(['leader'])
  })
})

describe('a get without a suitable agent', () => {
  test('waits for one', () => {
    const bench = new CoordinatorBench()
    const gets = [
      bench.get('room', { uuid: 'lobby' }),
      bench.get('room', { labels: ['acme'] }),
      bench.get('room')
    ]
    bench.register('a')
    expect(bench.of('start')).toHaveLength(3)
    expect(gets.map((get) => bench.outcome(get))).toEqual([undefined, undefined, undefined])
    bench.started('lobby')
    expect(bench.record(gets[0] ?? 0).uuid).toBe('lobby')
  })

  test('fails at its deadline with NO_AGENT, naming the kinds there are', () => {
    const bench = new CoordinatorBench()
    bench.register('a', { kinds: ['hall', 'garden'] })
    const gets = [
      bench.get('room', { uuid: 'lobby', timeoutMs: 1000 }),
      bench.get('room', { labels: ['acme'], timeoutMs: 1000 }),
      bench.get('room', { timeoutMs: 1000 })
    ]
    bench.advance(999)
    expect(gets.map((get) => bench.outcome(get))).toEqual([undefined, undefined, undefined])
    bench.advance(1)
    for (const get of gets) {
      expect(bench.outcome(get)).toEqual(withCode('NO_AGENT'))
      expect(bench.outcome(get)).toMatchObject({
        error: { message: expect.stringContaining('garden, hall'), details: { kinds: ['garden', 'hall'] } }
      })
    }
    expect(bench.machine.counts()).toMatchObject({ gets: 0, containers: 0 })
  })

  test('fails with TIMEOUT when the factory is what takes too long', () => {
    const bench = new CoordinatorBench()
    bench.register('a')
    const get = bench.get('room', { uuid: 'lobby', timeoutMs: 1000 })
    bench.advance(1000)
    expect(bench.outcome(get)).toEqual(withCode('TIMEOUT'))
  })

  test('is settled once when it is cancelled', () => {
    const bench = new CoordinatorBench()
    const get = bench.get('room', { uuid: 'lobby' })
    bench.machine.cancelGet(get, bench.now)
    bench.collect()
    expect(bench.outcome(get)).toEqual(withCode('ABORTED'))
    bench.advance(60_000)
    expect(bench.outcome(get)).toEqual(withCode('ABORTED'))
    expect(bench.machine.counts()).toMatchObject({ gets: 0, containers: 0 })
  })
})

test('a coordinator takes no more gets, agents or clients than its options say', () => {
  const bench = new CoordinatorBench({ pendingGetsMax: 1, agentsMax: 1, clientsMax: 1 })
  bench.get('room', { uuid: 'lobby' })
  expect(bench.outcome(bench.get('room', { uuid: 'other' }))).toEqual(withCode('OVERLOADED'))
  bench.register('a')
  expect(() => bench.register('b')).toThrow(expect.objectContaining({ code: 'OVERLOADED' }))
  expect(() => bench.get('room', { client: 'second' })).toThrow(
    expect.objectContaining({ code: 'OVERLOADED' })
  )
  expect(bench.machine.kinds()).toEqual([kind('room')])
})
