import { describe, expect, test } from 'vitest'
import { Model } from '../src/model/model.ts'
import type { Observation } from '../src/model/observation.ts'

const timing = { leaseMs: 2400, terminateTimeoutMs: 4000, rateMin: 0.9, rateMax: 1.1 }
const first = { agent: 'agent-1', incarnation: 1 }
const second = { agent: 'agent-2', incarnation: 1 }
const token = (sequence: number) => ({ epoch: 1, sequence })

function made(instance: number, host: typeof first): Observation {
  return {
    kind: 'made',
    instance,
    uuid: 'room-1',
    containerKind: 'room',
    labels: [],
    stateless: false,
    askedAt: 0,
    ...host
  }
}

type Seen = [number, Observation]

function run(idempotent: boolean): Seen {
  return [10, { kind: 'dispatched', instance: 1, token: token(1), request: 'request-1', idempotent }]
}

function held(asked: { kind: string; uuid?: string; labels?: string[] }): Seen {
  return [10, { kind: 'held', client: 'client-1', reference: 'r-1', uuid: 'room-1', asked }]
}

function obeyed(epoch: number, coordinator: string): Seen {
  return [0, { kind: 'obeyed', ...first, epoch, coordinator }]
}

function stall(at: number, faults: number): Seen {
  return [at, { kind: 'disturbed', process: 'coordinator', faults, by: 'stop' }]
}

function event(number: number): Seen {
  return [0, { kind: 'event', connection: 'c', instance: 1, number }]
}

function renewed(at: number): Seen {
  return [at, { kind: 'leased', ...first, sentAt: at - 100, registering: false }]
}

function worked(at: number, aborted: boolean): Seen {
  return [at, { kind: 'worked', instance: 1, aborted }]
}

/** What a model reports of these, each at its time. */
function broken(...seen: Seen[]): string[] {
  const model = new Model(timing)
  for (const [at, one] of seen) model.observe(one, at)
  return model.violations.map(({ invariant }) => invariant)
}

/** An instance on the first agent that serves under a lease asked for at 0. */
const serving: Seen[] = [
  [0, made(1, first)],
  [0, { kind: 'leased', ...first, sentAt: 0, registering: true }],
  [1, { kind: 'granted', ...first, uuid: 'room-1', token: token(1) }]
]

describe('activations', () => {
  test('may serve under a lease and a grant', () => {
    expect(broken(...serving, [100, { kind: 'dispatched', instance: 1, token: token(1) }])).toEqual([])
  })

  test('must not serve before they are granted', () => {
    const ungranted = serving.slice(0, 2)
    expect(broken(...ungranted, [100, { kind: 'dispatched', instance: 1, token: token(1) }])).toEqual(['I1'])
  })

  test('must not serve after the longest that a lease can last', () => {
    expect(broken(...serving, [2667, { kind: 'output', instance: 1 }])).toEqual([])
    expect(broken(...serving, [2700, { kind: 'output', instance: 1 }])).toEqual(['lease'])
  })

  test('must not be granted while another one may serve', () => {
    const next: Seen[] = [
      [1000, made(2, second)],
      [1000, { kind: 'leased', ...second, sentAt: 1000, registering: true }],
      [1000, { kind: 'granted', ...second, uuid: 'room-1', token: token(2) }]
    ]
    expect(broken(...serving, ...next)).toEqual(['I1'])
    expect(broken(...serving, [900, { kind: 'killed', process: 'agent-1' }], ...next)).toEqual([])
    expect(broken(...serving, [900, { kind: 'terminated', instance: 1 }], ...next)).toEqual([])
    expect(broken(...serving, [900, { kind: 'revoked', ...first, uuid: 'room-1' }], ...next)).toEqual([])
  })

  test('may be granted while another one was granted something after its lease had lapsed', () => {
    const late: Seen[] = [
      [0, made(1, first)],
      [0, { kind: 'leased', ...first, sentAt: 0, registering: true }],
      [3000, { kind: 'granted', ...first, uuid: 'room-1', token: token(1) }]
    ]
    const registered: Seen = [
      3100,
      { kind: 'registered', ...first, sentAt: 3000, coordinator: '1 a', reported: [] }
    ]
    const next: Seen[] = [
      [3200, made(2, second)],
      [3200, { kind: 'leased', ...second, sentAt: 3200, registering: true }],
      [3200, { kind: 'granted', ...second, uuid: 'room-1', token: token(2) }]
    ]
    expect(broken(...late, ...next)).toEqual([])
    const leased = (registering: boolean): Seen => [
      3100,
      { kind: 'leased', ...first, sentAt: 3000, registering }
    ]
    expect(broken(...late, leased(false), ...next)).toEqual([])
    expect(broken(...late, registered, leased(true), ...next)).toEqual([])
    const resumed: Seen = [3100, { kind: 'granted', ...first, uuid: 'room-1', token: token(1) }]
    expect(broken(...late, registered, leased(true), resumed, ...next)).toEqual(['I1'])
  })

  test('are granted nothing that was given to them when they had begun to end', () => {
    const [begun, leased, granted] = serving as [Seen, Seen, Seen]
    const ending: Seen = [1, { kind: 'terminating', instance: 1 }]
    const next: Seen[] = [
      [900, made(2, second)],
      [900, { kind: 'leased', ...second, sentAt: 900, registering: true }],
      [900, { kind: 'granted', ...second, uuid: 'room-1', token: token(2) }]
    ]
    expect(broken(begun, leased, ending, granted, ...next)).toEqual([])
    expect(broken(begun, leased, granted, ending, ...next)).toEqual(['I1'])
    expect(broken(begun, leased, ending, granted, [100, { kind: 'output', instance: 1 }])).toEqual(['I1'])
  })

  test('must not serve under a lease that was renewed after it had lapsed', () => {
    const served: Seen = [3000, { kind: 'output', instance: 1 }]
    expect(broken(...serving, renewed(2600), served)).toEqual([])
    expect(broken(...serving, renewed(2700), served)).toEqual(['lease'])
  })

  test('are told when their lease has lapsed, unless their process stood still', () => {
    expect(broken(...serving, worked(2600, false), worked(3000, true))).toEqual([])
    expect(broken(...serving, worked(3000, false))).toEqual(['lease'])
    expect(
      broken(...serving, [2500, { kind: 'continued', process: 'agent-1' }], worked(9000, false))
    ).toEqual([])
  })

  test('by labels are made only where none that bears them serves', () => {
    const sheet = (instance: number, uuid: string, host: typeof first, askedAt: number): Seen => [
      askedAt,
      {
        kind: 'made',
        instance,
        uuid,
        containerKind: 'sheet',
        labels: ['red'],
        stateless: false,
        askedAt,
        ...host
      }
    ]
    const leased = (host: typeof first, sentAt: number): Seen => [
      sentAt,
      { kind: 'leased', ...host, sentAt, registering: true }
    ]
    const granted = (host: typeof first, uuid: string, at: number): Seen => [
      at,
      { kind: 'granted', ...host, uuid, token: token(at) }
    ]
    const old: Seen[] = [sheet(1, 'sheet-1', first, 0), leased(first, 0), granted(first, 'sheet-1', 1)]
    const next: Seen[] = [
      leased(first, 9000),
      sheet(2, 'sheet-2', second, 10_000),
      leased(second, 10_000),
      granted(second, 'sheet-2', 10_001)
    ]
    expect(broken(...old, ...next)).toEqual(['I9'])
    expect(broken(...old, [8000, { kind: 'terminating', instance: 1 }], ...next)).toEqual([])
    // Its client has claimed it by its uuid.
    expect(broken(...old, sheet(3, 'sheet-2', first, 20), ...next)).toEqual([])
  })

  test('must not serve under a lower token than was seen', () => {
    const later: Seen[] = [
      [2, { kind: 'granted', ...first, uuid: 'room-1', token: token(5) }],
      [3, { kind: 'dispatched', instance: 1, token: token(5) }],
      [4, { kind: 'dispatched', instance: 1, token: token(4) }]
    ]
    expect(broken(...serving, ...later)).toEqual(['I2'])
  })
})

describe('requests', () => {
  const asked: Seen = [
    0,
    { kind: 'asked', client: 'client-1', operation: 'op-1', what: 'a request', timeoutMs: 1000 }
  ]

  test('settle by their deadline, by the slowest clock', () => {
    expect(broken(asked, [1700, { kind: 'settled', operation: 'op-1' }])).toEqual([])
    expect(broken(asked, [1800, { kind: 'settled', operation: 'op-1' }])).toEqual(['I7'])
    expect(broken(asked, [5000, { kind: 'finished' }])).toEqual(['I7'])
  })

  test('are not late for the time in which their process was stopped', () => {
    const stopped: Seen[] = [
      [100, { kind: 'stopped', process: 'client-1' }],
      [5100, { kind: 'continued', process: 'client-1' }]
    ]
    expect(broken(asked, ...stopped, [6000, { kind: 'settled', operation: 'op-1' }])).toEqual([])
  })

  test('settle once', () => {
    const settled: Seen = [10, { kind: 'settled', operation: 'op-1' }]
    expect(broken(asked, settled, settled)).toEqual(['I7'])
  })

  test('run once, unless they are idempotent', () => {
    expect(broken(...serving, run(false), run(false))).toEqual(['I8'])
    expect(broken(...serving, run(true), run(true))).toEqual([])
  })
})

describe('references', () => {
  const unused: Seen = [20_000, { kind: 'unused', ...first, uuid: 'room-1' }]

  test('name what was asked for', () => {
    expect(broken(...serving, held({ kind: 'room', uuid: 'room-1' }))).toEqual([])
    expect(broken(...serving, held({ kind: 'room', uuid: 'room-2' }))).toEqual(['I9'])
    expect(broken(...serving, held({ kind: 'sheet', uuid: 'room-1' }))).toEqual(['I9'])
    expect(broken(...serving, held({ kind: 'room', labels: ['red'] }))).toEqual(['I9'])
  })

  test('keep their container while their client is there, undisturbed', () => {
    const reference = held({ kind: 'room', uuid: 'room-1' })
    expect(broken(...serving, reference, unused)).toEqual(['I4'])
    expect(
      broken(...serving, reference, [11, { kind: 'released', client: 'client-1', reference: 'r-1' }], unused)
    ).toEqual([])
    expect(
      broken(
        ...serving,
        reference,
        [15_000, { kind: 'disturbed', process: 'client-1', faults: 0, by: 'stop' }],
        unused
      )
    ).toEqual([])
    expect(
      broken(
        ...serving,
        reference,
        [500, { kind: 'disturbed', process: 'client-1', faults: 1, by: 'stop' }],
        unused
      )
    ).toEqual([])
  })
})

test('an agent without a fault loses nothing because its coordinator stood still', () => {
  const revoked: Seen = [26_000, { kind: 'revoked', ...first, uuid: 'room-1' }]
  expect(broken(...serving, stall(20_000, 1), stall(25_000, 0), revoked)).toEqual(['I4'])
  expect(broken(...serving, [20_000, { kind: 'killed', process: 'coordinator' }], revoked)).toEqual([])
  expect(broken(...serving, [20_000, { kind: 'left', ...first }], revoked)).toEqual([])
  expect(broken(...serving, [20_000, { kind: 'terminating', instance: 1 }], revoked)).toEqual([])
})

test('an agent that has obeyed an epoch obeys no earlier one, nor another coordinator of it', () => {
  expect(broken(obeyed(1, 'a'), obeyed(2, 'b'), obeyed(2, 'b'))).toEqual([])
  expect(broken(obeyed(2, 'b'), obeyed(1, 'a'))).toEqual(['I3'])
  expect(broken(obeyed(2, 'b'), obeyed(2, 'c'))).toEqual(['I3'])
})

test('broadcasts of one instance reach a connection in order, with gaps at most', () => {
  expect(broken(event(1), event(3))).toEqual([])
  expect(broken(event(3), event(2))).toEqual(['I12'])
  expect(broken(event(3), event(3))).toEqual(['I12'])
})
