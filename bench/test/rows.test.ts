import { describe, expect, it } from 'vitest'
import { picture } from '../src/picture.ts'
import { report, requirementText } from '../src/report.ts'
import { rows, runsOf } from '../src/rows.ts'
import { runs } from '../src/runs.ts'

/** What the project has promised: work and metric, and what it must reach. */
const promised = [
  ['direct request, one at a time, p50', 'at most 1.25 × raw zeromq.js echo, p50'],
  ['direct request over tcp, one at a time, p50', 'below Moleculer TCP, p50'],
  ['direct request, 256 in flight, requests', 'at least 4 × raw zeromq.js echo, 256 in flight'],
  ['direct request, 256 in flight, requests', 'at least 3 × Moleculer TCP, 256 in flight'],
  ['direct request, 256 in flight, metrics on and 1 % traced, requests', 'at least 0.95 × the same without'],
  ['direct request, 1,024 in flight, requests', 'at least 5 × raw zeromq.js echo, 256 in flight'],
  ['routed request, one at a time, p50', 'at most 2.2 × our own direct request, p50'],
  ['routed request, 256 in flight, requests', 'at least 1.5 × raw zeromq.js echo, 256 in flight'],
  ['cold get, p50', 'at most 4 × raw zeromq.js echo, p50'],
  ['5,000 gets at once, gets', 'at least 0.25 × raw zeromq.js echo, 256 in flight'],
  ['broadcast, 1 subscriber, deliveries', 'at least 4 × raw zeromq.js echo, 256 in flight'],
  [
    'broadcast, 1,000 connections spread over 20 clients, back to back, deliveries',
    'at least 4 × raw zeromq.js echo, 256 in flight'
  ],
  ['1 MiB echo, one at a time, each way', 'at least 0.6 × raw zeromq.js 1 MiB echo'],
  ['container in the caller’s own process, one at a time, p50', 'at most 0.15 × raw zeromq.js echo, p50'],
  [
    'container in the caller’s own process, 256 in flight, requests',
    'at least 3 × raw zeromq.js echo, 256 in flight'
  ],
  ['small requests beside a 64 MiB transfer, p99', 'at most 5 × their own p99 alone'],
  ['coordinator with 1,000,000 containers and 10,000 clients, peak RSS', 'at most 1024 MiB'],
  [
    'idle coordinator, 1,000 clients, 100,000 containers, CPU',
    'at most 1.5 × a raw echo server that is sent the same pings'
  ],
  ['idle client with one connection, CPU', 'at most 0.3 % of a core']
]

function lines(all: readonly (readonly string[])[]): string[] {
  return all.map((one) => one.join(': ')).toSorted()
}

describe('rows', () => {
  it('hold all that must be reached', () => {
    const held = rows.flatMap((row) =>
      (row.mustReach ?? []).map((one) => [`${row.work}, ${row.metric}`, requirementText(one, row)])
    )
    expect(lines(held)).toEqual(lines(promised))
  })

  it('that must be reached are in --quick, too', () => {
    expect(rows.filter((row) => row.mustReach !== undefined && row.fullOnly === true)).toEqual([])
  })

  it('are told apart by work and metric', () => {
    const names = rows.map(({ work, metric }) => `${work}, ${metric}`)
    expect(names).toHaveLength(new Set(names).size)
  })

  it('are made of runs that there are, and every run makes a row', () => {
    expect([...runsOf(rows)].toSorted()).toEqual(runs.map(({ id }) => id).toSorted())
  })
})

describe('picture', () => {
  it('shows what was measured', () => {
    const outcomes = new Map([['direct-1', { rounds: [{ p50Us: 123 }] }]])
    const svg = picture(report(rows, outcomes), 'some machine')
    expect(svg).toMatch(/^<svg/)
    expect(svg).toContain('some machine')
    expect(svg).toContain('123')
  })
})
