import type { JSX } from 'preact'
import type { ClientView } from '@hcengineering/network-pod/admin-views'
import { count } from '../format/numbers.ts'
import { duration } from '../format/times.ts'
import { listFilterQuery, parseListFilter } from '../routing/filters.ts'
import { query, replaceQuery } from '../routing/location.ts'
import { agentPath } from '../routing/route.ts'
import { api } from '../state/store.ts'
import { useResource } from '../state/use-resource.ts'
import { Chip, StateBadge } from '../ui/badge.tsx'
import { Empty } from '../ui/card.tsx'
import { Fault } from '../ui/fault.tsx'
import { SearchField } from '../ui/fields.tsx'
import { Page } from '../ui/page.tsx'
import { Pager, rowsPerPage } from '../ui/pager.tsx'
import { Table, type Column } from '../ui/table.tsx'

const refreshMs = 2000

const columns: readonly Column<ClientView>[] = [
  { name: 'Client', class: 'cell-main', cell: ({ clientId }) => <span class="mono">{clientId}</span> },
  { name: 'State', cell: ({ connected }) => <StateBadge state={connected ? 'connected' : 'away'} /> },
  { name: 'References', numeric: true, cell: ({ references }) => count(references) },
  { name: 'Waiting gets', numeric: true, wideOnly: true, cell: ({ waitingGets }) => count(waitingGets) },
  {
    name: 'Its agents',
    wideOnly: true,
    cell: ({ agents }) =>
      agents.length === 0 ? (
        <span class="dim">–</span>
      ) : (
        <span class="chips">
          {agents.map((agentId) => (
            <a key={agentId} class="mono" href={agentPath(agentId)}>
              {agentId}
            </a>
          ))}
        </span>
      )
  },
  {
    name: 'Listens',
    wideOnly: true,
    cell: ({ subscribed }) =>
      subscribed ? <Chip tone="accent">all events</Chip> : <span class="dim">–</span>
  },
  {
    name: 'Last heard',
    numeric: true,
    cell: ({ silentMs, aliveTimeoutMs }) => (
      <span title={`Given up after ${duration(aliveTimeoutMs)} of silence`}>{duration(silentMs)} ago</span>
    )
  }
]

/** All clients. */
export function ClientsPage(): JSX.Element {
  const { search, page } = parseListFilter(query.value)
  const { value, error, stale } = useResource({
    key: listFilterQuery({ search, page }).toString(),
    everyMs: refreshMs,
    load: (signal) => api.clients({ search, offset: (page - 1) * rowsPerPage, limit: rowsPerPage }, signal)
  })
  return (
    <Page title="Clients">
      <div class="filters" role="search" aria-label="Filter the clients">
        <SearchField
          label="Search by id"
          placeholder="Part of a client’s id"
          value={search}
          change={(text) => replaceQuery(listFilterQuery({ search: text }))}
        />
      </div>
      {error !== undefined && value === undefined && <Fault error={error} />}
      {value !== undefined && (
        <section class="card card-flush">
          {value.items.length === 0 ? (
            <Empty title={search === '' ? 'No clients yet' : 'No client matches'} />
          ) : (
            <Table
              label="Clients"
              columns={columns}
              rows={value.items}
              rowKey={({ clientId }) => clientId}
              stale={stale}
              offset={value.offset}
              total={value.total}
            />
          )}
          {value.total > 0 && (
            <Pager
              page={page}
              total={value.total}
              go={(to) => replaceQuery(listFilterQuery({ search, page: to }))}
            />
          )}
        </section>
      )}
    </Page>
  )
}
