import { describe, expect, test } from 'vitest'
import type { AgentUuid } from '../../src/api/ids.ts'
import type { ContainerFilter, InspectionPage, PageRequest } from '../../src/coordinator/inspection.ts'
import type { Inspector } from '../../src/coordinator/inspector.ts'
import type { PageScan } from '../../src/coordinator/page-scan.ts'
import { CoordinatorBench, kind, standby, uuid } from './bench.ts'

function complete<E, V>(scan: PageScan<E, V>, candidatesPerStep = 1000): InspectionPage<V> {
  while (!scan.step(candidatesPerStep)) continue
  return scan.page()
}

function uuidsOf(inspector: Inspector, filter: ContainerFilter, request: PageRequest = {}): string[] {
  return complete(inspector.containers(filter, request)).items.map((item) => item.uuid)
}

/** Two agents; rooms with labels, halls without, one container that starts and one that ends. */
function stocked() {
  const bench = new CoordinatorBench()
  bench.register('a', { kinds: ['room'] })
  bench.have('room-1', { labels: ['red', 'big'] })
  bench.have('room-2', { labels: ['red'] })
  bench.have('room-3', { labels: ['blue', 'big'] })
  bench.register('b', { kinds: ['hall'] })
  bench.have('hall-1', { kind: 'hall', labels: ['red'] })
  bench.get('hall', { uuid: 'hall-2' })
  bench.have('room-4')
  bench.machine.terminateContainer(uuid('room-4'), bench.now)
  bench.collect()
  return { bench, inspector: bench.machine.createInspector(500) }
}

describe('pages of containers', () => {
  test('come in the order of their coming, with the number of all', () => {
    const { inspector } = stocked()
    const page = complete(inspector.containers({}, { offset: 1, limit: 2 }))
    expect(page.items.map((item) => item.uuid)).toEqual(['room-2', 'room-3'])
    expect(page).toMatchObject({ total: 6, offset: 1, limit: 2 })
    expect(uuidsOf(inspector, {}, { offset: 6 })).toEqual([])
  })

  test.each<[ContainerFilter, string[]]>([
    [{ kind: kind('hall') }, ['hall-1', 'hall-2']],
    [{ kind: kind('none') }, []],
    [{ kind: kind('room'), labels: ['red'] }, ['room-1', 'room-2']],
    [{ kind: kind('room'), labels: ['big', 'red'] }, ['room-1']],
    [{ labels: ['red'] }, ['room-1', 'room-2', 'hall-1']],
    [{ labels: ['green'] }, []],
    [{ agentId: 'b' as AgentUuid }, ['hall-1', 'hall-2']],
    [{ agentId: 'c' as AgentUuid }, []],
    [{ agentId: 'a' as AgentUuid, labels: ['blue'] }, ['room-3']],
    [{ state: 'starting' }, ['hall-2']],
    [{ state: 'ending' }, ['room-4']],
    [{ state: 'serving', kind: kind('room') }, ['room-1', 'room-2', 'room-3']],
    [{ search: 'oom-' }, ['room-1', 'room-2', 'room-3', 'room-4']],
    [{ search: '-2' }, ['room-2', 'hall-2']],
    [{ search: '-2', kind: kind('hall'), state: 'starting' }, ['hall-2']]
  ])('filter %j', (filter, expected) => {
    const { inspector } = stocked()
    expect(uuidsOf(inspector, filter)).toEqual(expected)
    expect(complete(inspector.containers(filter, { limit: 1 })).total).toBe(expected.length)
    expect(complete(inspector.containers(filter, {}), 1).items).toHaveLength(expected.length)
  })

  test.each([{ offset: -1 }, { offset: 0.5 }, { limit: 0 }, { limit: 501 }, { limit: Number.NaN }])(
    'refuse %j',
    (request) => {
      const { inspector } = stocked()
      expect(() => inspector.containers({}, request)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' })
      )
    }
  )

  test('end with the page when an index knows how many there are', () => {
    const { inspector } = stocked()
    const scan = inspector.containers({ kind: kind('room') }, { limit: 1 })
    expect(scan.step(2)).toBe(true)
    expect(scan.page()).toMatchObject({ total: 4, items: [{ uuid: 'room-1' }] })
  })

  test('survive changes between two steps, and name nobody twice', () => {
    const { bench, inspector } = stocked()
    const scan = inspector.containers({ labels: ['red'] }, {})
    expect(scan.step(1)).toBe(false)
    bench.register('a', { kinds: ['room'], containers: [] })
    bench.have('room-9', { labels: ['red'] })
    const { items } = complete(scan)
    expect(new Set(items.map((item) => item.uuid)).size).toBe(items.length)
  })
})

describe('one container', () => {
  test('is told with its holders, place and token', () => {
    const { bench, inspector } = stocked()
    bench.have('room-1', { client: 'other' })
    bench.have('room-1', { client: 'other' })
    bench.get('hall', { uuid: 'hall-2' })
    expect(inspector.container(uuid('room-1'))).toEqual({
      uuid: 'room-1',
      kind: 'room',
      labels: ['red', 'big'],
      state: 'serving',
      agentId: 'a',
      endpoint: 'there://room-1',
      token: { epoch: 10, sequence: 1 },
      since: bench.now + 500,
      references: 3,
      stateless: false,
      holders: [
        { clientId: 'client', handles: 1 },
        { clientId: 'other', handles: 2 }
      ],
      waiting: 0,
      standbys: [],
      setbacks: 0
    })
    expect(inspector.container(uuid('hall-2'))).toMatchObject({
      state: 'starting',
      waiting: 2,
      references: 0,
      since: undefined
    })
    expect(inspector.container(uuid('nobody'))).toBeUndefined()
  })

  test('that several agents have names those that stand by', () => {
    const bench = new CoordinatorBench()
    for (const agent of ['a', 'b', 'c']) bench.register(agent, { kinds: [], containers: [standby('leader')] })
    expect(bench.machine.createInspector(0).container(uuid('leader'))).toMatchObject({
      agentId: 'a',
      stateless: true,
      standbys: ['b', 'c']
    })
  })
})

describe('agents, clients and kinds', () => {
  test('an agent is told with what it has and how long it was silent', () => {
    const { bench, inspector } = stocked()
    bench.now += 400
    const [a, b] = complete(inspector.agents(undefined, {}, bench.now)).items
    expect(a).toMatchObject({ agentId: 'a', incarnation: '1', kinds: ['room'], state: 'active' })
    expect(a).toMatchObject({ containers: 4, starts: 0, silentMs: 400, leaseMarginMs: 2600 })
    expect(b).toMatchObject({ agentId: 'b', containers: 2, starts: 1 })
    expect(complete(inspector.agents('b', {}, bench.now))).toMatchObject({ total: 1, items: [b] })
  })

  test('of the incarnations of an agent the newest is meant', () => {
    const bench = new CoordinatorBench()
    const inspector = bench.machine.createInspector(0)
    expect(inspector.agent('a' as AgentUuid, bench.now)).toBeUndefined()
    bench.register('a')
    bench.register('a', { incarnation: '2' })
    expect(inspector.agent('a' as AgentUuid, bench.now)).toMatchObject({ incarnation: '2' })
    bench.machine.drainAgent('a' as AgentUuid, '2', bench.now)
    expect(inspector.agent('a' as AgentUuid, bench.now)).toMatchObject({ state: 'draining' })
  })

  test('a client is told with its references and gets', () => {
    const { bench, inspector } = stocked()
    bench.machine.clientSeen('other' as never, 9000, bench.now)
    bench.now += 100
    expect(complete(inspector.clients(undefined, {}, bench.now))).toMatchObject({
      total: 2,
      items: [
        { clientId: 'client', references: 5, waitingGets: 1, aliveTimeoutMs: Infinity },
        { clientId: 'other', references: 0, waitingGets: 0, silentMs: 100, aliveTimeoutMs: 9000 }
      ]
    })
    expect(complete(inspector.clients('oth', {}, bench.now)).items).toHaveLength(1)
  })

  test('a kind is told with who offers it, or has it', () => {
    const bench = new CoordinatorBench()
    bench.register('a', { kinds: ['room', 'hall'], containers: [standby('leader')] })
    bench.register('b', { kinds: ['room'], containers: [standby('leader')] })
    bench.have('lobby')
    expect(bench.machine.createInspector(0).kinds()).toEqual([
      { kind: 'hall', containers: 0, agents: 1 },
      { kind: 'leader', containers: 1, agents: 2 },
      { kind: 'room', containers: 1, agents: 2 }
    ])
  })

  test('containers are counted by state, whatever becomes of them', () => {
    const { bench, inspector } = stocked()
    expect(inspector.containersByState()).toEqual({ unplaced: 0, starting: 1, serving: 4, ending: 1 })
    bench.machine.unregister('a' as AgentUuid, '1', bench.now)
    bench.collect()
    expect(inspector.containersByState()).toEqual({ unplaced: 4, starting: 1, serving: 1, ending: 0 })
    bench.started('hall-2')
    bench.machine.clientGone('client' as never, bench.now)
    bench.collect()
    expect(inspector.containersByState()).toEqual({ unplaced: 0, starting: 0, serving: 2, ending: 0 })
  })
})
