import { useComputed } from '@preact/signals'
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { KindView, Overview, Sample, Totals } from '@hcengineering/network-pod/admin-views'
import { bytes, count, latency, rate, short } from '../format/numbers.ts'
import { dateAndTime, duration } from '../format/times.ts'
import { containerStates } from '../routing/filters.ts'
import { follow } from '../state/follow.ts'
import { history, overview, sampleTick, serverNow } from '../state/store.ts'
import { kindHue } from '../ui/badge.tsx'
import { Card, Empty, Fact } from '../ui/card.tsx'
import { Segments } from '../ui/fields.tsx'
import { Page } from '../ui/page.tsx'
import { Plot, type Line } from '../ui/plot.tsx'
import { Sparkline } from '../ui/sparkline.tsx'

const spans = [
  { value: '120000', text: '2 min' },
  { value: '300000', text: '5 min' },
  { value: '600000', text: '10 min' }
] as const

/** The network at a glance. */
export function OverviewPage(): JSX.Element {
  const [span, setSpan] = useState<(typeof spans)[number]['value']>('300000')
  const spanMs = Number(span)
  return (
    <Page
      title="Overview"
      lead={<CoordinatorLine />}
      actions={<Segments label="Time shown" options={spans} value={span} change={setSpan} />}
    >
      <Figures />
      <div class="plots">
        <Plot title="Throughput" lines={throughput} format={rate} spanMs={spanMs} />
        <Plot title="Latency of requests" lines={requestLatency} format={latency} spanMs={spanMs} />
        <Plot title="Containers" lines={containers} format={short} spanMs={spanMs} fromZero={false} />
        <Plot title="Latency of gets" lines={getLatency} format={latency} spanMs={spanMs} />
        <Plot title="Failures" lines={failures} format={rate} spanMs={spanMs} />
        <Plot title="Agents and clients" lines={members} format={short} steps={wholeSteps} spanMs={spanMs} />
        <Plot
          title="Memory of the coordinator"
          lines={memory}
          format={bytes}
          steps={byteSteps}
          spanMs={spanMs}
        />
        <Plot title="Event loop lag" lines={lag} format={latency} spanMs={spanMs} />
      </div>
      <Now />
    </Page>
  )
}

const throughput: readonly Line[] = [
  { name: 'requests', field: 'requestsPerSecond', hue: 1, filled: true },
  { name: 'gets', field: 'getsPerSecond', hue: 2 },
  { name: 'events', field: 'eventsPerSecond', hue: 3 }
]
const requestLatency: readonly Line[] = [
  { name: 'p50', field: 'requestP50Ms', hue: 1, filled: true },
  { name: 'p99', field: 'requestP99Ms', hue: 4 }
]
const getLatency: readonly Line[] = [
  { name: 'p50', field: 'getP50Ms', hue: 2, filled: true },
  { name: 'p99', field: 'getP99Ms', hue: 4 }
]
const containers: readonly Line[] = [{ name: 'containers', field: 'containers', hue: 3, filled: true }]
const members: readonly Line[] = [
  { name: 'agents', field: 'agents', hue: 6 },
  { name: 'clients', field: 'clients', hue: 5 },
  { name: 'sessions', field: 'sessions', hue: 8, dashed: true }
]
const failures: readonly Line[] = [{ name: 'failures', field: 'failuresPerSecond', hue: 7, filled: true }]
const memory: readonly Line[] = [
  { name: 'heap', field: 'heapUsedBytes', hue: 2, filled: true },
  { name: 'resident', field: 'rssBytes', hue: 8, dashed: true }
]
/** There is no half of an agent. */
const wholeSteps = [1, 2, 5]
  .flatMap((step) => [0, 1, 2, 3, 4, 5].map((power) => step * 10 ** power))
  .toSorted((one, other) => one - other)
/** Powers of two, so that the axis names whole mebibytes. */
const byteSteps = Array.from({ length: 24 }, (_, power) => 2 ** (power + 16))
const lag: readonly Line[] = [{ name: 'lag', field: 'eventLoopLagMs', hue: 4, filled: true }]

function CoordinatorLine(): JSX.Element | null {
  const now = overview.value
  if (now === undefined) return null
  return (
    <span>
      Coordinator up for <b title={dateAndTime(now.startedAt)}>{duration(serverNow() - now.startedAt)}</b>
      <span class="sep">·</span>epoch <b class="mono">{now.epoch}</b>
      <span class="sep">·</span>incarnation <b class="mono">{now.incarnation.slice(0, 8)}</b>
    </span>
  )
}

interface Figure {
  readonly name: string
  readonly field: keyof Sample
  readonly format: (value: number) => string
  readonly hue: number
}

const figures: readonly Figure[] = [
  { name: 'Containers', field: 'containers', format: count, hue: 3 },
  { name: 'Agents', field: 'agents', format: count, hue: 6 },
  { name: 'Clients', field: 'clients', format: count, hue: 5 },
  { name: 'Requests', field: 'requestsPerSecond', format: rate, hue: 1 },
  { name: 'Request p99', field: 'requestP99Ms', format: latency, hue: 4 },
  { name: 'Get p99', field: 'getP99Ms', format: latency, hue: 2 }
]

const sparklineSamples = 90

function Figures(): JSX.Element {
  return (
    <section class="figures card card-flush" aria-label="The network now">
      {figures.map((figure) => (
        <FigureView key={figure.name} {...figure} />
      ))}
    </section>
  )
}

function FigureView({ name, field, format, hue }: Figure): JSX.Element {
  follow(sampleTick)
  const recent = history.samples.slice(-sparklineSamples)
  const value = history.latest?.[field]
  return (
    <div class="figure">
      <span class="figure-name">{name}</span>
      <span class="figure-value">{value === undefined ? '–' : format(value)}</span>
      <Sparkline values={recent.map((sample) => sample[field] ?? null)} hue={hue} />
    </div>
  )
}

function Now(): JSX.Element | null {
  const known = useComputed(() => overview.value).value
  if (known === undefined) return null
  return (
    <div class="columns">
      <Kinds kinds={known.kinds} />
      <div class="stack">
        <States states={known.containersByState} />
        <SinceTheStart totals={known.totals} />
      </div>
    </div>
  )
}

function Kinds({ kinds }: { kinds: readonly KindView[] }): JSX.Element {
  const ordered = kinds.toSorted((one, other) => other.containers - one.containers)
  const most = ordered[0]?.containers ?? 0
  return (
    <Card title="Kinds" note={`${kinds.length}`}>
      {ordered.length === 0 && <Empty title="No agent offers a kind yet" />}
      <ul class="bars">
        {ordered.map(({ kind, containers, agents, requestP99Ms }) => (
          <li key={kind}>
            <a href={`/containers?kind=${encodeURIComponent(kind)}`}>
              <span class="bar-name">{kind}</span>
              <svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                <rect class="bar-rest" width="100" height="6" />
                <rect
                  class="bar-value"
                  data-hue={kindHue(kind)}
                  width={most === 0 ? 0 : (containers / most) * 100}
                  height="6"
                />
              </svg>
              <span class="bar-figure">{count(containers)}</span>
              <span class="bar-note">
                {agents} {agents === 1 ? 'agent' : 'agents'}
              </span>
              <span class="bar-note bar-latency">
                {requestP99Ms !== undefined && `p99 ${latency(requestP99Ms)}`}
              </span>
            </a>
          </li>
        ))}
      </ul>
    </Card>
  )
}

function States({ states }: { states: Overview['containersByState'] }): JSX.Element {
  const total = containerStates.reduce((sum, state) => sum + states[state], 0)
  let from = 0
  return (
    <Card title="Containers by state" note={count(total)}>
      <svg class="stacked" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect class="bar-rest" width="100" height="6" />
        {containerStates.map((state) => {
          const x = from
          const width = total === 0 ? 0 : (states[state] / total) * 100
          from += width
          return <rect key={state} data-state={state} x={x} width={width} height="6" />
        })}
      </svg>
      <dl class="facts facts-four">
        {containerStates.map((state) => (
          <div class="fact" key={state}>
            <dt>
              <span class="state-mark" data-state={state} aria-hidden="true" />
              {state}
            </dt>
            <dd>
              <a href={`/containers?state=${state}`}>{count(states[state])}</a>
            </dd>
          </div>
        ))}
      </dl>
    </Card>
  )
}

function SinceTheStart({ totals }: { totals: Totals }): JSX.Element {
  return (
    <Card title="Since the coordinator started">
      <dl class="facts facts-four">
        <Fact name="Requests routed">{short(totals.requestsRouted)}</Fact>
        <Fact name="that failed">{short(totals.requestsFailed)}</Fact>
        <Fact name="Gets">{short(totals.gets)}</Fact>
        <Fact name="that failed">{short(totals.getsFailed)}</Fact>
        <Fact name="Starts">{short(totals.starts)}</Fact>
        <Fact name="that failed">{short(totals.startsFailed)}</Fact>
        <Fact name="Events">{short(totals.events)}</Fact>
        <Fact name="Broadcasts">{short(totals.broadcasts)}</Fact>
        <Fact name="Agents lost">{short(totals.agentsLost)}</Fact>
        <Fact name="Refused messages">{short(totals.refusedMessages)}</Fact>
      </dl>
    </Card>
  )
}
