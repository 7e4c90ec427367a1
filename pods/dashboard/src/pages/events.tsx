import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { count, rate } from '../format/numbers.ts'
import { changes, eventFilterQuery, oneOf, parseEventFilter, subjects } from '../routing/filters.ts'
import { query, replaceQuery } from '../routing/location.ts'
import { eventMatcher, type EventFilter } from '../state/event-filter.ts'
import type { LoggedEvent } from '../state/event-log.ts'
import { kindNames } from '../state/kind-names.ts'
import { follow } from '../state/follow.ts'
import { eventLog, eventTick, history, sampleTick } from '../state/store.ts'
import { ClearIcon, Icon, PauseIcon, PlayIcon } from '../ui/icon.tsx'
import { Segments, SearchField, SelectField, TextField } from '../ui/fields.tsx'
import { Page } from '../ui/page.tsx'
import { EventList } from './event-list.tsx'

/** How many of those that match are shown. */
const shownMax = 2000

/** What happens in the network, as it happens. */
export function EventsPage(): JSX.Element {
  const filter = parseEventFilter(query.value)
  const [paused, setPaused] = useState(false)
  return (
    <Page
      title="Events"
      lead={<Pace />}
      actions={
        <>
          <button type="button" class="button" aria-pressed={paused} onClick={() => setPaused(!paused)}>
            <Icon of={paused ? PlayIcon : PauseIcon} /> {paused ? 'Go on' : 'Pause'}
          </button>
          <button
            type="button"
            class="button"
            onClick={() => {
              eventLog.clear()
              eventTick.value++
            }}
          >
            <Icon of={ClearIcon} /> Clear
          </button>
        </>
      }
    >
      <Filters filter={filter} />
      <Stream filter={filter} paused={paused} pause={setPaused} />
    </Page>
  )
}

function Pace(): JSX.Element {
  follow(sampleTick)
  return (
    <span>
      <b>{rate(history.latest?.eventsPerSecond ?? 0)}</b> now<span class="sep">·</span>
      <b>{count(eventLog.received)}</b> heard since you opened this page
      {eventLog.missed > 0 && `, ${count(eventLog.missed)} left out`}
    </span>
  )
}

/** On top of what the address has now: a field that reports after a pause was rendered with an earlier one. */
function change(changed: { [name in keyof EventFilter]: EventFilter[name] | undefined }): void {
  replaceQuery(eventFilterQuery({ ...parseEventFilter(query.peek()), ...changed } as EventFilter))
}

function Filters({ filter }: { filter: EventFilter }): JSX.Element {
  return (
    <div class="filters" role="search" aria-label="Filter the events">
      <SearchField
        label="Search by id or label"
        placeholder="Part of an id or a label"
        value={filter.search ?? ''}
        change={(search) => change({ search })}
      />
      <Segments
        label="What happened"
        options={[{ value: 'any', text: 'All' }, ...changes.map((value) => ({ value, text: value }))]}
        value={filter.change ?? 'any'}
        change={(value) => change({ change: oneOf(changes, value) })}
      />
      <SelectField
        label="About"
        any="Agents and containers"
        options={subjects}
        value={filter.subject ?? ''}
        change={(value) => change({ subject: oneOf(subjects, value) })}
      />
      <SelectField
        label="Kind"
        any="Any kind"
        options={kindNames.value}
        value={filter.kind ?? ''}
        change={(kind) => change({ kind })}
      />
      <TextField
        label="Agent"
        placeholder="Agent, exactly"
        value={filter.agent ?? ''}
        change={(agent) => change({ agent })}
      />
    </div>
  )
}

/** The newest that match. While it is paused, what was shown stays, however much comes. */
function Stream(props: {
  filter: EventFilter
  paused: boolean
  pause: (paused: boolean) => void
}): JSX.Element {
  const { filter, paused, pause } = props
  const kept = useRef<{ events: readonly LoggedEvent[]; received: number }>({ events: [], received: 0 })
  const question = eventFilterQuery(filter).toString()
  const asked = useRef(question)
  // Read even while it is paused: the line below says how many have come.
  follow(eventTick)
  if (!paused || asked.current !== question) {
    asked.current = question
    kept.current = { events: eventLog.newest(eventMatcher(filter), shownMax), received: eventLog.received }
  }
  const missed = eventLog.received - kept.current.received
  useEffect(() => {
    pause(false)
  }, [question])
  return (
    <section class="card card-flush">
      {paused && (
        <div class="paused" role="status">
          Paused. {missed > 0 && `${count(missed)} more have come. `}
          <button type="button" class="link" onClick={() => pause(false)}>
            Show the newest
          </button>
        </div>
      )}
      <EventList events={kept.current.events} hold={() => pause(true)} paused={paused} />
    </section>
  )
}
