import type { KindView, Sample } from '@hcengineering/network-pod'
import cliTruncate from 'cli-truncate'
import { eventLine } from '../output/event-line.ts'
import { bytes, amount, count, duration, plural } from '../output/numbers.ts'
import type { Paint, Tone } from '../output/paint.ts'
import { printable } from '../output/printable.ts'
import { sparkline } from '../output/sparkline.ts'
import { right, table, type Cell } from '../output/table.ts'
import type { TerminalSize } from '../output/terminal.ts'
import type { TopState } from './state.ts'

/** What a picture of the state depends on besides it. */
export interface TopView {
  readonly size: TerminalSize
  readonly paint: Paint
  readonly address: string
  /** The wall clock. */
  readonly now: number
}

interface Row {
  readonly name: string
  readonly of: (sample: Sample) => number | undefined
  readonly format: (value: number) => string
  readonly tone?: Tone
}

const ms = (value: number): string => duration(value)
const rate = (value: number): string => amount(value)

const rows: readonly Row[] = [
  { name: 'requests /s', of: (s) => s.requestsPerSecond, format: rate, tone: 'accent' },
  { name: 'request p50', of: (s) => s.requestP50Ms, format: ms },
  { name: 'request p99', of: (s) => s.requestP99Ms, format: ms },
  { name: 'gets /s', of: (s) => s.getsPerSecond, format: rate, tone: 'accent' },
  { name: 'get p50', of: (s) => s.getP50Ms, format: ms },
  { name: 'get p99', of: (s) => s.getP99Ms, format: ms },
  { name: 'events /s', of: (s) => s.eventsPerSecond, format: rate, tone: 'accent' },
  { name: 'failures /s', of: (s) => s.failuresPerSecond, format: rate, tone: 'bad' },
  { name: 'loop lag', of: (s) => s.eventLoopLagMs, format: ms },
  { name: 'memory', of: (s) => s.rssBytes, format: bytes }
]

/** The screen as lines, each no wider and all together no higher than it. */
export function renderTop(state: TopState, view: TopView): string[] {
  const { columns, rows: height } = view.size
  const head = [...header(state, view), '', ...rateLines(state, view)]
  const footer = view.paint('faint', 'q quits')
  const room = Math.max(0, height - head.length - 1)
  // Half of what is left is for kinds, the rest for events.
  const kinds = kindLines(state, view, Math.floor(room / 2))
  const events = eventLines(state, view, room - kinds.length)
  const body = [...head, ...kinds, ...events].slice(0, Math.max(0, height - 1))
  while (body.length < height - 1) body.push('')
  return [...body, footer].map((line) => cliTruncate(line, Math.max(1, columns)))
}

function header({ overview, samples, link }: TopState, { paint, address, now }: TopView): string[] {
  const latest = samples.at(-1)
  const { containersByState: states } = overview
  const condition =
    link.kind === 'lost'
      ? paint('bad', `NOT REACHED for ${duration(Math.max(0, now - link.since))}: ${printable(link.reason)}`)
      : overview.recovering
        ? paint('warning', 'RECOVERING: waits for the agents of its predecessor')
        : paint('good', 'ready')
  const up = duration(Math.max(0, overview.now - overview.startedAt))
  const unplaced = `${count(states.unplaced)} unplaced`
  return [
    `${paint('heading', 'network')} ${printable(address)}  version ${printable(overview.version)}  epoch ${overview.epoch}  up ${up}  ${condition}`,
    [
      plural(latest?.agents ?? 0, 'agent'),
      plural(latest?.clients ?? 0, 'client'),
      plural(latest?.sessions ?? 0, 'session'),
      `${plural(states.serving, 'container')} serving, ${count(states.starting)} starting, ${count(states.ending)} ending, ` +
        (states.unplaced > 0 ? paint('warning', unplaced) : unplaced)
    ].join('   ')
  ]
}

const nameWidth = 12
const valueWidth = 10

function rateLines({ samples }: TopState, { paint, size }: TopView): string[] {
  const plotWidth = Math.max(0, size.columns - nameWidth - 2 * (valueWidth + 2) - 2)
  const title = ['', 'now'.padStart(valueWidth), 'highest'.padStart(valueWidth), 'the last ten minutes']
  return [
    paint('heading', `${''.padEnd(nameWidth)}  ${title.slice(1).join('  ')}`),
    ...rows.map(({ name, of, format, tone }) => {
      const values = samples.map((sample) => of(sample) ?? 0)
      const latest = samples.at(-1)
      const now = latest === undefined ? undefined : of(latest)
      let highest = 0
      for (const value of values) highest = Math.max(highest, value)
      const shown = (value: number | undefined): string =>
        (value === undefined ? '-' : format(value)).padStart(valueWidth)
      const plot = sparkline(values, plotWidth)
      return [
        name.padEnd(nameWidth),
        shown(now),
        paint('faint', shown(highest)),
        tone === undefined ? plot : paint(tone, plot)
      ].join('  ')
    })
  ]
}

function kindLines({ kinds }: TopState, { paint }: TopView, room: number): string[] {
  // A blank line, the headings, and one row at least; otherwise nothing.
  if (room < 3 || kinds.length === 0) return []
  const shown = kinds.toSorted(bySlowness).slice(0, room - 2)
  const measured = kinds.some(({ requestP99Ms }) => requestP99Ms !== undefined)
  const headings = measured
    ? ['SLOWEST KINDS', 'REQUESTS', 'FAILED', 'P50', 'P99', 'CONTAINERS', 'AGENTS']
    : ['KINDS', 'CONTAINERS', 'AGENTS']
  const lines = shown.map((kind): Cell[] => [
    kind.kind,
    ...(measured
      ? [
          right(count(kind.requests)),
          right(count(kind.requestsFailed)),
          optional(kind.requestP50Ms, ms),
          optional(kind.requestP99Ms, ms)
        ]
      : []),
    right(count(kind.containers)),
    right(count(kind.agents), kind.agents === 0 ? 'warning' : undefined)
  ])
  return ['', ...table(headings, lines, paint).split('\n')]
}

function optional(value: number | undefined, format: (value: number) => string): Cell {
  return right(value === undefined ? '' : format(value))
}

/** The slowest first, then the fullest. */
function bySlowness(left: KindView, right: KindView): number {
  const slower = (right.requestP99Ms ?? -1) - (left.requestP99Ms ?? -1)
  if (slower !== 0) return slower
  return right.containers - left.containers || (left.kind < right.kind ? -1 : 1)
}

function eventLines({ events }: TopState, { paint }: TopView, room: number): string[] {
  if (room < 3) return []
  const newest = events.slice(-(room - 2)).toReversed()
  const none = paint('faint', 'nothing has come, changed or gone since this was started')
  return [
    '',
    paint('heading', 'LATEST EVENTS'),
    ...(newest.length === 0 ? [none] : newest.map((event) => eventLine(event, paint)))
  ]
}
