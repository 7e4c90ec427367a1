import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { AgentView } from '@hcengineering/network-pod/admin-views'
import { ask } from '../actions.ts'
import { count } from '../format/numbers.ts'
import { duration } from '../format/times.ts'
import { api, overview } from '../state/store.ts'
import { useResource } from '../state/use-resource.ts'
import { Kind, StateBadge } from '../ui/badge.tsx'
import { Card, Empty, Fact } from '../ui/card.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { Fault } from '../ui/fault.tsx'
import { DrainIcon, Icon } from '../ui/icon.tsx'
import { Meter } from '../ui/meter.tsx'
import { Page } from '../ui/page.tsx'
import { Pager, rowsPerPage } from '../ui/pager.tsx'
import { ContainersTable } from './containers-table.tsx'
import { leaseTone } from './lease-tone.ts'
import { RecentEvents } from './recent-events.tsx'

const refreshMs = 1000

/** One agent, and what it has. */
export function AgentPage({ agentId }: { agentId: string }): JSX.Element {
  const { value, error } = useResource({
    key: agentId,
    everyMs: refreshMs,
    load: (signal) => api.agent(agentId, signal)
  })
  const gone = error?.status === 404
  return (
    <Page
      title={agentId}
      heading={
        <span class="subject">
          <span class="mono">{agentId}</span>
          <CopyButton text={agentId} label="Copy the agent’s id" />
        </span>
      }
      lead={
        value !== undefined && (
          <>
            <StateBadge state={gone ? 'gone' : value.state} />
            {value.endpoint !== undefined && <span class="mono dim">{value.endpoint}</span>}
          </>
        )
      }
      actions={
        value !== undefined &&
        !gone && (
          <button
            type="button"
            class="button danger-outline"
            disabled={value.state === 'draining'}
            onClick={() => ask({ kind: 'drain', agentId, containers: value.containers })}
          >
            <Icon of={DrainIcon} /> {value.state === 'draining' ? 'Draining' : 'Drain…'}
          </button>
        )
      }
    >
      {error !== undefined && value === undefined && !gone && <Fault error={error} />}
      {gone && (
        <div class="inline-note" role="status">
          The network does not know this agent{value === undefined ? '' : ' any more'}.
        </div>
      )}
      {value !== undefined && !gone && (
        <>
          <Details agent={value} />
          <Containers agentId={agentId} />
        </>
      )}
      <RecentEvents
        title="Recent events"
        matches={(event) => event.agentId === agentId || event.id === agentId}
        more={`/events?agent=${encodeURIComponent(agentId)}`}
      />
    </Page>
  )
}

function Details({ agent }: { agent: AgentView }): JSX.Element {
  const most = overview.value?.aliveTimeoutMs ?? agent.silentMs + agent.leaseMarginMs
  const left = Math.max(0, agent.leaseMarginMs)
  return (
    <div class="columns columns-even">
      <Card title="Now">
        <dl class="facts facts-three">
          <Fact name="Containers">{count(agent.containers)}</Fact>
          <Fact name="Standing by">{count(agent.standbys)}</Fact>
          <Fact name="Starting">{count(agent.starts)}</Fact>
        </dl>
        <div class="lease-large">
          <div class="lease-words">
            <span>Lease</span>
            <span>
              <b>{duration(left)}</b> <span class="dim">left, heard {duration(agent.silentMs)} ago</span>
            </span>
          </div>
          <Meter
            value={left}
            most={most}
            tone={leaseTone(left, most)}
            label={`${duration(left)} of lease left`}
          />
        </div>
      </Card>
      <Card title="What it offers">
        {agent.kinds.length === 0 ? (
          <Empty title="No kinds">It has only what belongs to it.</Empty>
        ) : (
          <span class="chips">
            {agent.kinds.map((kind) => (
              <a
                key={kind}
                href={`/containers?kind=${encodeURIComponent(kind)}&agent=${encodeURIComponent(agent.agentId)}`}
              >
                <Kind kind={kind} />
              </a>
            ))}
          </span>
        )}
        <dl class="facts facts-list">
          <Fact name="Incarnation">
            <span class="mono break">{agent.incarnation}</span>
          </Fact>
        </dl>
      </Card>
    </div>
  )
}

function Containers({ agentId }: { agentId: string }): JSX.Element {
  const [page, setPage] = useState(1)
  const { value, error, stale } = useResource({
    key: `${agentId} ${page}`,
    everyMs: refreshMs * 2,
    load: (signal) =>
      api.containers({ agent: agentId, offset: (page - 1) * rowsPerPage, limit: rowsPerPage }, signal)
  })
  return (
    <Card title="Containers" note={value === undefined ? undefined : count(value.total)} flush>
      {error !== undefined && value === undefined && <Fault error={error} />}
      {value !== undefined && value.items.length === 0 && <Empty title="It has no containers" />}
      {value !== undefined && value.items.length > 0 && (
        <>
          <ContainersTable
            rows={value.items}
            stale={stale}
            offset={value.offset}
            total={value.total}
            ofOneAgent
          />
          <Pager page={page} total={value.total} go={setPage} />
        </>
      )}
    </Card>
  )
}
