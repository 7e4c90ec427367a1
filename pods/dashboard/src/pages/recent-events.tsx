import type { JSX } from 'preact'
import type { NetworkEventView } from '@hcengineering/network-pod/admin-views'
import { preciseTimeOfDay } from '../format/times.ts'
import { follow } from '../state/follow.ts'
import { eventLog, eventTick } from '../state/store.ts'
import { StateBadge } from '../ui/badge.tsx'
import { Card, Empty } from '../ui/card.tsx'

const shown = 12

/** The newest events of one thing, among those that this page has heard. */
export function RecentEvents(props: {
  title: string
  matches: (event: NetworkEventView) => boolean
  /** Where more of them are. */
  more: string
}): JSX.Element {
  const { title, matches, more } = props
  follow(eventTick)
  const events = eventLog.newest(matches, shown)
  return (
    <Card title={title} note={<a href={more}>All events</a>}>
      {events.length === 0 ? (
        <Empty title="Nothing has happened since you opened the dashboard" />
      ) : (
        <ul class="event-lines">
          {events.map((event) => (
            <li key={event.number}>
              <span class="mono dim">{preciseTimeOfDay(event.at)}</span>
              <StateBadge state={event.change} />
              <span class="dim">{event.subject}</span>
              <span class="mono event-id">{event.id}</span>
              {event.agentId !== undefined && <span class="mono dim event-agent">{event.agentId}</span>}
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}
