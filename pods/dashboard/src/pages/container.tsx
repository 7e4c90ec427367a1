import type { ComponentChildren, JSX } from 'preact'
import { useRef } from 'preact/hooks'
import type { ContainerActivity, ContainerDetails } from '@hcengineering/network-pod/admin-views'
import { ask } from '../actions.ts'
import { count, counted, rate } from '../format/numbers.ts'
import { dateAndTime, duration, timeOfDay } from '../format/times.ts'
import { agentPath } from '../routing/route.ts'
import { api, serverNow } from '../state/store.ts'
import { useResource } from '../state/use-resource.ts'
import { Chip, Kind, StateBadge } from '../ui/badge.tsx'
import { Card, Empty, Fact } from '../ui/card.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { Fault } from '../ui/fault.tsx'
import { Icon, TerminateIcon } from '../ui/icon.tsx'
import { Page } from '../ui/page.tsx'
import { Sparkline } from '../ui/sparkline.tsx'
import { RecentEvents } from './recent-events.tsx'

const refreshMs = 1000

/** All that is known of one container. */
export function ContainerPage({ uuid }: { uuid: string }): JSX.Element {
  const { value, error } = useResource({
    key: uuid,
    everyMs: refreshMs,
    load: (signal) => api.container(uuid, signal)
  })
  const gone = error?.status === 404
  return (
    <Page
      title={uuid}
      heading={
        <span class="subject">
          <span class="mono">{uuid}</span>
          <CopyButton text={uuid} label="Copy the uuid" />
        </span>
      }
      lead={
        value !== undefined && (
          <>
            <Kind kind={value.kind} />
            {gone ? <StateBadge state="gone" /> : <StateBadge state={value.state} />}
            {value.labels.map((label) => (
              <a key={label} class="chip" href={`/containers?label=${encodeURIComponent(label)}`}>
                {label}
              </a>
            ))}
          </>
        )
      }
      actions={
        value !== undefined &&
        !gone && (
          <button
            type="button"
            class="button danger-outline"
            onClick={() =>
              ask({ kind: 'terminate', uuid, containerKind: value.kind, references: value.references })
            }
          >
            <Icon of={TerminateIcon} /> Terminate…
          </button>
        )
      }
    >
      {error !== undefined && value === undefined && !gone && <Fault error={error} />}
      {gone && (
        <div class="inline-note" role="status">
          The network does not know this container {value === undefined ? '' : 'any more'}. It starts again
          when a client gets it.
        </div>
      )}
      <div class="columns columns-even">
        {value !== undefined && <Details container={value} />}
        <RecentEvents
          title="Recent events"
          matches={({ id }) => id === uuid}
          more={`/events?search=${encodeURIComponent(uuid)}`}
        />
      </div>
    </Page>
  )
}

function Details({ container }: { container: ContainerDetails }): JSX.Element {
  const { agentId, endpoint, token, since, references, stateless, waiting, standbys, setbacks } = container
  return (
    <>
      <Card title="Where and since when">
        <dl class="facts facts-list">
          <Fact name="Agent">
            {agentId === undefined ? (
              <Dim>on none</Dim>
            ) : (
              <a class="mono" href={agentPath(agentId)}>
                {agentId}
              </a>
            )}
          </Fact>
          <Fact name="Endpoint">
            {endpoint === undefined ? <Dim>none</Dim> : <span class="mono break">{endpoint}</span>}
          </Fact>
          <Fact name="Serves since">
            {since === undefined ? (
              <Dim>it does not serve</Dim>
            ) : (
              <>
                {dateAndTime(since)} <span class="dim">({duration(serverNow() - since)})</span>
              </>
            )}
          </Fact>
          <Fact name="Fencing token">
            {token === undefined ? (
              <Dim>none</Dim>
            ) : (
              <span class="mono">
                epoch {token.epoch} <span class="dim">·</span> {token.sequence}
              </span>
            )}
          </Fact>
          <Fact name="Kept by">
            {stateless ? 'its agent (HA)' : counted(references, 'reference')}
            {waiting > 0 && <span class="dim"> · {counted(waiting, 'get')} waiting</span>}
          </Fact>
          <Fact name="Standing by">
            {standbys.length === 0 ? (
              <Dim>nobody</Dim>
            ) : (
              <span class="chips">
                {standbys.map((standby) => (
                  <a key={standby} class="mono" href={agentPath(standby)}>
                    {standby}
                  </a>
                ))}
              </span>
            )}
          </Fact>
          {setbacks > 0 && (
            <Fact name="Setbacks">
              <Chip tone="warn">{counted(setbacks, 'failed or short activation')} in a row</Chip>
            </Fact>
          )}
        </dl>
      </Card>
      <Activity activity={container.activity} />
      <Holders container={container} />
    </>
  )
}

const ratesShown = 60

function Activity({ activity }: { activity: ContainerActivity | undefined }): JSX.Element {
  const seen = useRef<{ at: number; requests: number; rates: number[] }>({ at: 0, requests: 0, rates: [] })
  if (activity === undefined) {
    return (
      <Card title="Activity">
        <Empty title="Its agent has not answered">
          The figures come from the agent that has the container.
        </Empty>
      </Card>
    )
  }
  const { requests, failures, inFlight, streams, connections, lastPing } = activity
  const last = seen.current
  const now = Date.now()
  const elapsedMs = now - last.at
  if (elapsedMs > refreshMs / 2) {
    // A count that has fallen is of a new activation.
    const began = last.at === 0 || requests < last.requests
    const rates = began ? last.rates : [...last.rates, ((requests - last.requests) * 1000) / elapsedMs]
    seen.current = { at: now, requests, rates: rates.slice(-ratesShown) }
  }
  const { rates } = seen.current
  return (
    <Card title="Activity" note={<PingNote lastPing={lastPing} />}>
      <div class="activity-rate">
        <span class="figure-value">{rate(rates.at(-1) ?? 0)}</span>
        <span class="dim">requests</span>
        <Sparkline values={rates} hue={1} />
      </div>
      <dl class="facts facts-three">
        <Fact name="Requests">{count(requests)}</Fact>
        <Fact name="Failures">{count(failures)}</Fact>
        <Fact name="In flight">{count(inFlight)}</Fact>
        <Fact name="Streams">{count(streams)}</Fact>
        <Fact name="Connections">{count(connections)}</Fact>
      </dl>
    </Card>
  )
}

function PingNote({ lastPing }: { lastPing: ContainerActivity['lastPing'] }): JSX.Element {
  if (lastPing === undefined) return <span class="dim">not pinged yet</span>
  return (
    <span
      class="state"
      data-tone={lastPing.ok ? 'good' : 'bad'}
      title={`Pinged at ${timeOfDay(lastPing.at)}`}
    >
      <span class="dot" aria-hidden="true" />
      {lastPing.ok ? 'healthy' : `${lastPing.failuresInARow} pings failed`}
    </span>
  )
}

function Holders({ container }: { container: ContainerDetails }): JSX.Element {
  const { holders } = container
  return (
    <Card title="Holders" note={count(holders.length)}>
      {holders.length === 0 ? (
        <Empty title="Nobody refers to it" />
      ) : (
        <ul class="holders">
          {holders.map(({ clientId, handles }) => (
            <li key={clientId}>
              <a class="mono" href={`/clients?search=${encodeURIComponent(clientId)}`}>
                {clientId}
              </a>
              <span class="dim">{counted(handles, 'handle')}</span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}

function Dim({ children }: { children: ComponentChildren }): JSX.Element {
  return <span class="dim">{children}</span>
}
