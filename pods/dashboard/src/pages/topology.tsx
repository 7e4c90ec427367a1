import { useSignalEffect } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { AgentView } from '@hcengineering/network-pod/admin-views'
import { count, counted, rate, short } from '../format/numbers.ts'
import { duration } from '../format/times.ts'
import { agentPath } from '../routing/route.ts'
import { follow } from '../state/follow.ts'
import { api, eventLog, eventTick, history, overview, sampleTick } from '../state/store.ts'
import { colour, themeTick } from '../state/theme.ts'
import { useResource } from '../state/use-resource.ts'
import { dotsIn, edges, layOut, type Circle, type Layout } from '../topology/layout.ts'
import { Sparks } from '../topology/sparks.ts'
import { Empty } from '../ui/card.tsx'
import { Fault } from '../ui/fault.tsx'
import { Page } from '../ui/page.tsx'
import { leaseTone } from './lease-tone.ts'

const refreshMs = 1500
const agentsMax = 500

/** A picture of the network: who is connected to whom, and who has how much. */
export function TopologyPage(): JSX.Element {
  const { value, error } = useResource({
    key: 'agents',
    everyMs: refreshMs,
    load: (signal) => api.agents({ offset: 0, limit: agentsMax }, signal)
  })
  const left = value === undefined ? 0 : value.total - value.items.length
  return (
    <Page
      title="Topology"
      lead={
        value !== undefined && (
          <>
            {counted(value.total, 'agent')}
            {left > 0 && `, ${count(left)} of them not in the picture`}
          </>
        )
      }
    >
      {error !== undefined && value === undefined && <Fault error={error} />}
      {value !== undefined && <Picture agents={value.items.toSorted(byId)} />}
    </Page>
  )
}

/** So that an agent keeps its place, whatever the others do. */
function byId(one: AgentView, other: AgentView): number {
  return one.agentId < other.agentId ? -1 : Number(one.agentId > other.agentId)
}

function Picture({ agents }: { agents: readonly AgentView[] }): JSX.Element {
  const place = useRef<HTMLDivElement>(null)
  const [box, setBox] = useState<{ width: number; height: number } | undefined>(undefined)
  const [pointed, setPointed] = useState<string | undefined>(undefined)
  useLayoutEffect(() => {
    const element = place.current
    if (element === null) return undefined
    const resized = new ResizeObserver(() =>
      setBox({ width: element.clientWidth, height: element.clientHeight })
    )
    resized.observe(element)
    return () => resized.disconnect()
  }, [])
  const layout =
    box === undefined
      ? undefined
      : layOut(
          agents.map(({ containers }) => containers),
          box
        )
  const pointedAt = agents.findIndex(({ agentId }) => agentId === pointed)
  return (
    <section class="card card-flush">
      <div class="topology" ref={place}>
        {box !== undefined && layout !== undefined && (
          <>
            <svg class="picture" width={box.width} height={box.height} role="group" aria-label="The network">
              <Links layout={layout} agents={agents} pointed={pointedAt} />
              <Clients circle={layout.clients} upright={layout.upright} />
              <Coordinator circle={layout.coordinator} upright={layout.upright} />
              {agents.map((agent, index) => {
                const circle = layout.agents[index]
                return (
                  circle !== undefined && (
                    <AgentNode
                      key={agent.incarnation}
                      agent={agent}
                      circle={circle}
                      named={layout.pitch >= namedPitch}
                      point={setPointed}
                    />
                  )
                )
              })}
            </svg>
            <SparkLayer agents={agents} layout={layout} />
            {agents.length === 0 && (
              <div class="topology-empty">
                <Empty title="No agents yet" />
              </div>
            )}
            <Tip agent={agents[pointedAt]} circle={layout.agents[pointedAt]} box={box} />
          </>
        )}
      </div>
      <Legend />
    </section>
  )
}

function Links(props: { layout: Layout; agents: readonly AgentView[]; pointed: number }): JSX.Element {
  const { layout, agents, pointed } = props
  const { coordinator, clients } = layout
  const most = Math.max(1, ...agents.map(({ containers }) => containers))
  return (
    <g class="links">
      <path class="link link-clients" d={line(clients, coordinator)} />
      {agents.map(({ agentId, state, containers }, index) => {
        const circle = layout.agents[index]
        return (
          circle !== undefined && (
            <path
              key={agentId}
              class="link"
              data-state={state}
              data-pointed={index === pointed}
              stroke-width={0.75 + 1.75 * (containers / most)}
              d={line(coordinator, circle)}
            />
          )
        )
      })}
    </g>
  )
}

function line(from: Circle, to: Circle): string {
  const [begin, end] = edges(from, to)
  return `M${begin.x.toFixed(1)},${begin.y.toFixed(1)}L${end.x.toFixed(1)},${end.y.toFixed(1)}`
}

/** Below the circle; beside it where the picture goes on below. */
function Caption(props: {
  circle: Circle
  upright: boolean
  name: string
  children: string | false
}): JSX.Element {
  const { circle, upright, name, children } = props
  const x = upright ? circle.x + circle.radius + 18 : circle.x
  const y = upright ? circle.y : circle.y + circle.radius + 24
  return (
    <g class="caption" data-beside={upright}>
      <text class="node-name" x={x} y={y}>
        {name}
      </text>
      {children !== false && (
        <text class="node-note" x={x} y={y + 16}>
          {children}
        </text>
      )}
    </g>
  )
}

const dotsMax = 160

function Clients({ circle, upright }: { circle: Circle; upright: boolean }): JSX.Element {
  follow(sampleTick)
  const clients = history.latest?.clients ?? 0
  const dots = Math.min(dotsMax, clients)
  return (
    <a href="/clients" class="node node-clients" aria-label={counted(clients, 'client')}>
      <circle class="node-area" cx={circle.x} cy={circle.y} r={circle.radius} />
      {dotsIn({ ...circle, radius: circle.radius * 0.86 }, dots).map(({ x, y }) => (
        <circle class="client-dot" cx={x.toFixed(1)} cy={y.toFixed(1)} r={dots > 60 ? 2 : 3} />
      ))}
      <Caption circle={circle} upright={upright} name={counted(clients, 'client')}>
        {clients > dotsMax && `a dot is ${short(clients / dotsMax)}`}
      </Caption>
    </a>
  )
}

function Coordinator({ circle, upright }: { circle: Circle; upright: boolean }): JSX.Element {
  follow(sampleTick)
  const recovering = overview.value?.recovering === true
  const requests = history.latest?.requestsPerSecond ?? 0
  return (
    <a href="/" class="node node-coordinator" data-recovering={recovering} aria-label="The coordinator">
      <circle class="halo" cx={circle.x} cy={circle.y} r={circle.radius + 7} />
      <circle class="node-area" cx={circle.x} cy={circle.y} r={circle.radius} />
      <text class="coordinator-figure" x={circle.x} y={circle.y + 1}>
        {short(requests)}
      </text>
      <text class="coordinator-unit" x={circle.x} y={circle.y + 14}>
        req/s
      </text>
      <Caption circle={circle} upright={upright} name="Coordinator">
        {recovering && 'recovering'}
      </Caption>
    </a>
  )
}

/** Where agents stand closer, they show their names only when they are pointed at. */
const namedPitch = 96
const countedRadius = 13

function AgentNode(props: {
  agent: AgentView
  circle: Circle
  named: boolean
  point: (agentId: string | undefined) => void
}): JSX.Element {
  const { agent, circle, named, point } = props
  const { agentId, state, containers, silentMs, leaseMarginMs } = agent
  const most = overview.value?.aliveTimeoutMs ?? silentMs + leaseMarginMs
  const share = Math.min(1, Math.max(0, leaseMarginMs / most))
  return (
    <a
      href={agentPath(agentId)}
      class="node node-agent"
      data-state={state}
      aria-label={`Agent ${agentId}, ${state}, ${counted(containers, 'container')}`}
      onPointerEnter={() => point(agentId)}
      onPointerLeave={() => point(undefined)}
      onFocus={() => point(agentId)}
      onBlur={() => point(undefined)}
    >
      <circle class="node-area" cx={circle.x} cy={circle.y} r={circle.radius} />
      <circle
        class="node-lease"
        data-tone={leaseTone(leaseMarginMs, most)}
        cx={circle.x}
        cy={circle.y}
        r={circle.radius + 3}
        pathLength={100}
        stroke-dasharray={`${(share * 100).toFixed(1)} 100`}
        transform={`rotate(-90 ${circle.x} ${circle.y})`}
      />
      {circle.radius >= countedRadius && (
        <text class="agent-figure" x={circle.x} y={circle.y + 4}>
          {short(containers)}
        </text>
      )}
      {named && (
        <text class="node-note" x={circle.x} y={circle.y + circle.radius + 17}>
          {agentId.length > 18 ? `${agentId.slice(0, 17)}…` : agentId}
        </text>
      )}
    </a>
  )
}

const tipWidthPx = 220

function Tip(props: {
  agent: AgentView | undefined
  circle: Circle | undefined
  box: { width: number; height: number }
}): JSX.Element | null {
  const { agent, circle, box } = props
  const tip = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    if (circle === undefined || tip.current === null) return
    const left = Math.min(box.width - tipWidthPx - 8, Math.max(8, circle.x - tipWidthPx / 2))
    const above = circle.y - circle.radius - tip.current.offsetHeight - 12
    tip.current.style.left = `${left}px`
    tip.current.style.top = `${above > 8 ? above : circle.y + circle.radius + 12}px`
  })
  if (agent === undefined || circle === undefined) return null
  return (
    <div class="tip" ref={tip} aria-hidden="true">
      <b class="mono">{agent.agentId}</b>
      <dl>
        <dt>{agent.state}</dt>
        <dd>{counted(agent.containers, 'container')}</dd>
        <dt>lease left</dt>
        <dd>{duration(Math.max(0, agent.leaseMarginMs))}</dd>
        <dt>kinds</dt>
        <dd>{agent.kinds.length}</dd>
      </dl>
    </div>
  )
}

const sparksPerFrame = 6

/** Containers that come and go, as sparks on their way. Nothing moves for who has asked for less motion. */
function SparkLayer({ agents, layout }: { agents: readonly AgentView[]; layout: Layout }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null)
  const sparks = useRef<Sparks | undefined>(undefined)
  const places = useRef(new Map<string, Circle>())
  const centre = useRef(layout.coordinator)
  const seen = useRef(eventLog.received)
  const colours = useRef({ come: '', go: '' })
  centre.current = layout.coordinator
  places.current = new Map(
    agents.flatMap(({ agentId }, index) => {
      const circle = layout.agents[index]
      return circle === undefined ? [] : [[agentId, circle] as const]
    })
  )
  useEffect(() => {
    if (canvas.current === null || window.matchMedia('(prefers-reduced-motion: reduce)').matches)
      return undefined
    const drawn = new Sparks(canvas.current)
    sparks.current = drawn
    return () => {
      drawn.stop()
      sparks.current = undefined
    }
  }, [])
  useSignalEffect(() => {
    follow(themeTick)
    colours.current = { come: colour('--hue-3'), go: colour('--hue-7') }
  })
  useSignalEffect(() => {
    follow(eventTick)
    const fresh = Math.min(sparksPerFrame, eventLog.received - seen.current)
    seen.current = eventLog.received
    const drawn = sparks.current
    if (drawn === undefined || fresh <= 0) return
    const { come, go } = colours.current
    for (const { agentId, change, subject } of eventLog.newest(() => true, fresh)) {
      const agent = agentId === undefined ? undefined : places.current.get(agentId)
      if (agent === undefined || subject === 'agent') continue
      const bornAt = performance.now() + Math.random() * 90
      const [here, there] = edges(centre.current, agent)
      if (change === 'removed') drawn.add({ from: there, to: here, colour: go, bornAt })
      else drawn.add({ from: here, to: there, colour: come, bornAt })
    }
  })
  return <canvas class="sparks" ref={canvas} aria-hidden="true" />
}

function Legend(): JSX.Element {
  follow(sampleTick)
  return (
    <ul class="topology-legend">
      <li data-mark="active">active</li>
      <li data-mark="draining">draining</li>
      <li data-mark="come">container comes</li>
      <li data-mark="go">container goes</li>
      <li data-mark="lease">what is left of the lease</li>
      <li>{rate(history.latest?.eventsPerSecond ?? 0)} events</li>
    </ul>
  )
}
