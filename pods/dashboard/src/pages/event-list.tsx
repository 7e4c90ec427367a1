import type { JSX } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { preciseTimeOfDay } from '../format/times.ts'
import { agentPath, containerPath } from '../routing/route.ts'
import type { LoggedEvent } from '../state/event-log.ts'
import { visibleRows } from '../state/visible-rows.ts'
import { Chip, Kind, StateBadge } from '../ui/badge.tsx'
import { Empty } from '../ui/card.tsx'

/** As the style sheet has it. */
const rowHeightPx = 32

/** A long list of events, of which only those in sight are in the page. Scrolling away from the newest holds it. */
export function EventList(props: {
  events: readonly LoggedEvent[]
  paused: boolean
  hold: () => void
}): JSX.Element {
  const { events, paused, hold } = props
  const view = useRef<HTMLDivElement>(null)
  const [scrolledPx, setScrolledPx] = useState(0)
  const [viewHeightPx, setViewHeightPx] = useState(600)
  useLayoutEffect(() => {
    const element = view.current
    if (element === null) return undefined
    const resized = new ResizeObserver(() => setViewHeightPx(element.clientHeight))
    resized.observe(element)
    return () => resized.disconnect()
  }, [])
  useLayoutEffect(() => {
    if (!paused) view.current?.scrollTo(0, 0)
  }, [paused])
  const { first, end } = visibleRows({ rows: events.length, rowHeightPx, scrolledPx, viewHeightPx })
  return (
    <div
      class="event-view"
      ref={view}
      tabIndex={0}
      role="region"
      aria-label="Events, newest first"
      onScroll={(event) => {
        const top = event.currentTarget.scrollTop
        setScrolledPx(top)
        if (top > rowHeightPx && !paused) hold()
      }}
    >
      {events.length === 0 && <Empty title="No event yet">They appear here as they happen.</Empty>}
      <svg class="event-space" width="1" height={events.length * rowHeightPx} aria-hidden="true" />
      <ol
        class="event-rows"
        ref={(list) => list?.style.setProperty('transform', `translateY(${first * rowHeightPx}px)`)}
      >
        {/* Without keys: rows are filled anew where they stand, which costs less than moving them. */}
        {events.slice(first, end).map((event) => (
          <EventRow event={event} />
        ))}
      </ol>
    </div>
  )
}

function EventRow({ event }: { event: LoggedEvent }): JSX.Element {
  const { at, change, subject, id, kind, labels, agentId } = event
  return (
    <li class="event-row">
      <span class="mono dim event-time">{preciseTimeOfDay(at)}</span>
      <span class="event-change">
        <StateBadge state={change} />
      </span>
      <span class="event-kind">
        {kind === undefined ? <span class="dim">{subject}</span> : <Kind kind={kind} />}
      </span>
      <a class="mono event-id" href={subject === 'agent' ? agentPath(id) : containerPath(id)}>
        {id}
      </a>
      <span class="event-labels">
        {labels?.map((label) => (
          <Chip>{label}</Chip>
        ))}
      </span>
      <span class="event-agent">
        {agentId !== undefined && subject !== 'agent' && (
          <a class="mono" href={agentPath(agentId)}>
            {agentId}
          </a>
        )}
      </span>
    </li>
  )
}
