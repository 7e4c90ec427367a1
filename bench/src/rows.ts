/** The rows of the table: what is shown of the figures, and what must be reached. */

/** A figure of a run. */
export interface FigureRef {
  readonly run: string
  readonly figure: string
}

/** What a row must reach: a bound, or a multiple of another figure of the same run of the bench. */
export interface Requirement {
  readonly is: 'at most' | 'at least' | 'below'
  readonly value: number
  /** What it is a multiple of; absent when the value is a bound in the row's own unit. */
  readonly times?: FigureRef & { readonly name: string }
}

/** A row. */
export interface Row {
  readonly work: string
  readonly metric: string
  readonly unit: string
  readonly source: FigureRef
  /** Turns the figure into the row's unit. @default 1 */
  readonly scale?: number
  /** What the raw transport does in its place. */
  readonly floor?: FigureRef
  readonly mustReach?: readonly Requirement[]
  /** Left out by `--quick`. */
  readonly fullOnly?: boolean
}

const mebibyte = 1 / (1024 * 1024)

const echoP50 = { run: 'zeromq-1', figure: 'p50Us', name: 'raw zeromq.js echo, p50' }
const echoRate = { run: 'zeromq-256', figure: 'perSecond', name: 'raw zeromq.js echo, 256 in flight' }
const relayedP50 = { run: 'zeromq-relayed-1', figure: 'p50Us' }
const netP50 = { run: 'net-1', figure: 'p50Us' }
const netRate = { run: 'net-256', figure: 'perSecond' }
const largeRate = { run: 'zeromq-1MiB', figure: 'mibPerSecond', name: 'raw zeromq.js 1 MiB echo' }
const largeP50 = { run: 'zeromq-1MiB', figure: 'p50Us' }

type Rest = Partial<Pick<Row, 'mustReach' | 'fullOnly'>>

function p50(work: string, run: string, rest: Rest & { floor?: FigureRef } = {}): Row {
  return { work, metric: 'p50', unit: 'µs', source: { run, figure: 'p50Us' }, floor: echoP50, ...rest }
}

function rate(work: string, run: string, metric: string, rest: Rest & { floor?: FigureRef } = {}): Row {
  return { work, metric, unit: '1/s', source: { run, figure: 'perSecond' }, floor: echoRate, ...rest }
}

function large(work: string, run: string, rest: Rest = {}): Row {
  const source = { run, figure: 'mibPerSecond' }
  return { work, metric: 'each way', unit: 'MiB/s', source, floor: largeRate, ...rest }
}

function memory(work: string, run: string, name: string, rest: Rest = {}): Row[] {
  const row = { work, unit: 'bytes', ...rest }
  return [
    { ...row, metric: 'heap + external', source: { run, figure: `${name}Live` } },
    { ...row, metric: 'RSS', source: { run, figure: `${name}Rss` } }
  ]
}

function atMost(value: number, times?: Requirement['times']): Requirement {
  return times === undefined ? { is: 'at most', value } : { is: 'at most', value, times }
}

function atLeast(value: number, times: NonNullable<Requirement['times']>): Requirement {
  return { is: 'at least', value, times }
}

const fullOnly = true
const moleculerRate = { run: 'moleculer-256', figure: 'perSecond', name: 'Moleculer TCP, 256 in flight' }
const moleculerP50 = { run: 'moleculer-1', figure: 'p50Us', name: 'Moleculer TCP, p50' }
const directP50 = { run: 'direct-1', figure: 'p50Us', name: 'our own direct request, p50' }
const directRate = { run: 'direct-256-observed', figure: 'plainPerSecond', name: 'the same without' }
const aloneP99 = { run: 'small-alone', figure: 'p99Us', name: 'their own p99 alone' }
const idleCpu = {
  run: 'idle-floor',
  figure: 'cpuPercent',
  name: 'a raw echo server that is sent the same pings'
}

/** All rows, in the order of the table. */
export const rows: readonly Row[] = [
  p50('floor: raw zeromq.js echo, 64 B, one at a time', 'zeromq-1'),
  p50('floor: raw node:net echo, 64 B, one at a time', 'net-1'),
  p50('floor: raw zeromq.js echo through a relay, 64 B, one at a time', 'zeromq-relayed-1'),
  p50('direct request, one at a time', 'direct-1', { mustReach: [atMost(1.25, echoP50)] }),
  {
    ...p50('direct request, one at a time', 'direct-1'),
    metric: 'p99',
    source: { run: 'direct-1', figure: 'p99Us' },
    floor: { run: 'zeromq-1', figure: 'p99Us' }
  },
  p50('direct request over tcp, one at a time', 'tcp-direct-1', {
    floor: netP50,
    mustReach: [{ is: 'below', value: 1, times: moleculerP50 }]
  }),
  p50('direct request of 1 KiB, one at a time', 'direct-1-1KiB', { fullOnly }),
  p50('direct request of 64 KiB, one at a time', 'direct-1-64KiB', { fullOnly }),
  p50('routed request, one at a time', 'routed-1', {
    floor: relayedP50,
    mustReach: [atMost(2.2, directP50)]
  }),
  p50('cold get', 'cold-get', { floor: relayedP50, mustReach: [atMost(4, echoP50)] }),
  p50('warm get', 'warm-get'),
  p50('container in the caller’s own process, one at a time', 'own-1', {
    mustReach: [atMost(0.15, echoP50)]
  }),
  p50('connect and first request of a new client', 'new-client', { fullOnly }),
  p50('peer: Moleculer TCP, one at a time', 'moleculer-1'),
  p50('peer: NATS, one at a time', 'nats-1'),
  p50('peer: gRPC, one at a time', 'grpc-1'),

  rate('floor: raw zeromq.js echo, 64 B, 256 in flight', 'zeromq-256', 'requests'),
  rate('floor: raw node:net echo, 64 B, 256 in flight', 'net-256', 'requests'),
  rate('direct request, 16 in flight', 'direct-16', 'requests', { fullOnly }),
  rate('direct request, 64 in flight', 'direct-64', 'requests', { fullOnly }),
  rate('direct request, 256 in flight', 'direct-256', 'requests', {
    mustReach: [atLeast(4, echoRate), atLeast(3, moleculerRate)]
  }),
  rate(
    'floor: direct request, 256 in flight, 1 % with spans that its program makes itself, and nothing else',
    'direct-256-spans',
    'requests',
    { floor: { run: 'direct-256-spans', figure: 'withoutPerSecond' } }
  ),
  rate(
    'floor: direct request, 256 in flight, metrics on and 1 % traced, spans thrown away as they end',
    'direct-256-unkept',
    'requests',
    { floor: { run: 'direct-256-unkept', figure: 'plainPerSecond' } }
  ),
  rate('direct request, 256 in flight, metrics on and 1 % traced', 'direct-256-observed', 'requests', {
    mustReach: [atLeast(0.95, directRate)]
  }),
  rate('direct request, 256 in flight, metrics on and all traced', 'direct-256-all-traced', 'requests'),
  rate('direct request, 1,024 in flight', 'direct-1024', 'requests', { mustReach: [atLeast(5, echoRate)] }),
  rate('direct request over tcp, 256 in flight', 'tcp-direct-256', 'requests', { floor: netRate }),
  rate('direct request of 1 KiB, 256 in flight', 'direct-256-1KiB', 'requests', { fullOnly }),
  rate('direct request of 64 KiB, 64 in flight', 'direct-64-64KiB', 'requests', { fullOnly }),
  rate('routed request, 256 in flight', 'routed-256', 'requests', { mustReach: [atLeast(1.5, echoRate)] }),
  rate('5,000 gets at once', 'gets-5000', 'gets', { mustReach: [atLeast(0.25, echoRate)] }),
  rate('broadcast, 1 subscriber', 'broadcast-1', 'deliveries', { mustReach: [atLeast(4, echoRate)] }),
  rate('broadcast, 100 subscribers', 'broadcast-100', 'deliveries', { fullOnly }),
  rate('broadcast, 1,000 subscribers', 'broadcast-1000', 'deliveries', { fullOnly }),
  rate(
    'broadcast, 1,000 connections spread over 20 clients, back to back',
    'broadcast-1000-over-20',
    'deliveries',
    { mustReach: [atLeast(4, echoRate)] }
  ),
  rate('container in the caller’s own process, 256 in flight', 'own-256', 'requests', {
    mustReach: [atLeast(3, echoRate)]
  }),
  rate('stream of small objects', 'stream-objects', 'items', { fullOnly }),
  rate('stream of small objects, both ways', 'stream-both-ways', 'items', { fullOnly }),
  rate('peer: Moleculer TCP, 256 in flight', 'moleculer-256', 'requests'),
  rate('peer: NATS, 256 in flight', 'nats-256', 'requests'),
  rate('peer: gRPC, 256 in flight', 'grpc-256', 'requests'),

  large('floor: raw zeromq.js echo, 1 MiB, one at a time', 'zeromq-1MiB'),
  large('1 MiB echo, one at a time', 'direct-1MiB', { mustReach: [atLeast(0.6, largeRate)] }),
  p50('1 MiB echo, one at a time', 'direct-1MiB', { floor: largeP50 }),
  large('1 MiB echo, 16 in flight', 'direct-16-1MiB', { fullOnly }),
  large('1 MiB echo over tcp, one at a time', 'tcp-direct-1MiB', { fullOnly }),
  { ...large('stream of 64 KiB chunks', 'stream-64KiB', { fullOnly }), metric: 'one way' },

  {
    ...p50('small requests, alone', 'small-alone'),
    metric: 'p99',
    source: aloneP99,
    floor: { run: 'zeromq-1', figure: 'p99Us' }
  },
  {
    ...p50('small requests beside a 64 MiB transfer', 'small-beside', { mustReach: [atMost(5, aloneP99)] }),
    metric: 'p99',
    source: { run: 'small-beside', figure: 'p99Us' },
    floor: { run: 'zeromq-1', figure: 'p99Us' }
  },

  {
    work: 'coordinator with 1,000,000 containers and 10,000 clients',
    metric: 'peak RSS',
    unit: 'MiB',
    source: { run: 'million-containers', figure: 'peakRss' },
    scale: mebibyte,
    mustReach: [atMost(1024)]
  },
  {
    work: 'coordinator with 1,000,000 containers and 10,000 clients',
    metric: 'heap + external',
    unit: 'MiB',
    source: { run: 'million-containers', figure: 'live' },
    scale: mebibyte
  },
  ...memory('a container, in the coordinator', 'million-containers', 'container'),
  ...memory('a client without a session, in the coordinator', 'million-containers', 'client'),
  ...memory('a session, in the coordinator', 'idle-coordinator', 'session'),
  ...memory('a container, in its agent', 'idle-coordinator', 'hosted'),
  ...memory('a client, in its own process', 'idle-coordinator', 'client'),

  {
    work: 'floor: raw zeromq.js echo server that is sent 1,000 pings a second',
    metric: 'CPU',
    unit: '% of a core',
    source: idleCpu,
    floor: idleCpu
  },
  {
    work: 'idle coordinator, 1,000 clients, 100,000 containers',
    metric: 'CPU',
    unit: '% of a core',
    source: { run: 'idle-coordinator', figure: 'cpuPercent' },
    floor: idleCpu,
    mustReach: [atMost(1.5, idleCpu)]
  },
  {
    work: 'idle client with one connection',
    metric: 'CPU',
    unit: '% of a core',
    source: { run: 'idle-client', figure: 'cpuPercent' },
    mustReach: [atMost(0.3)]
  }
]

/** The runs that these rows are made of, with what they are compared to. */
export function runsOf(chosen: readonly Row[]): Set<string> {
  const ids = new Set<string>()
  for (const { source, floor, mustReach } of chosen) {
    ids.add(source.run)
    if (floor !== undefined) ids.add(floor.run)
    for (const { times } of mustReach ?? []) if (times !== undefined) ids.add(times.run)
  }
  return ids
}
