import type { JSX } from 'preact'
import type { AgentView } from '@hcengineering/network-pod/admin-views'
import { count } from '../format/numbers.ts'
import { listFilterQuery, parseListFilter } from '../routing/filters.ts'
import { query, replaceQuery } from '../routing/location.ts'
import { agentPath } from '../routing/route.ts'
import { api } from '../state/store.ts'
import { useResource } from '../state/use-resource.ts'
import { Kind, StateBadge } from '../ui/badge.tsx'
import { Empty } from '../ui/card.tsx'
import { Fault } from '../ui/fault.tsx'
import { SearchField } from '../ui/fields.tsx'
import { Page } from '../ui/page.tsx'
import { Pager, rowsPerPage } from '../ui/pager.tsx'
import { Table, type Column } from '../ui/table.tsx'
import { LeaseMeter } from './lease-meter.tsx'

const refreshMs = 1500
const kindsShown = 4

const columns: readonly Column<AgentView>[] = [
  {
    name: 'Agent',
    class: 'cell-main',
    cell: ({ agentId }) => (
      <a class="mono" href={agentPath(agentId)} tabIndex={-1}>
        {agentId}
      </a>
    )
  },
  { name: 'State', cell: ({ state }) => <StateBadge state={state} /> },
  { name: 'Containers', numeric: true, cell: ({ containers }) => count(containers) },
  { name: 'Standing by', numeric: true, wideOnly: true, cell: ({ standbys }) => count(standbys) },
  { name: 'Starting', numeric: true, wideOnly: true, cell: ({ starts }) => count(starts) },
  { name: 'Lease', cell: (agent) => <LeaseMeter agent={agent} /> },
  {
    name: 'Kinds',
    wideOnly: true,
    cell: ({ kinds }) => (
      <span class="chips">
        {kinds.slice(0, kindsShown).map((kind) => (
          <Kind key={kind} kind={kind} />
        ))}
        {kinds.length > kindsShown && <span class="dim">+{kinds.length - kindsShown}</span>}
      </span>
    )
  },
  {
    name: 'Endpoint',
    wideOnly: true,
    cell: ({ endpoint }) => <span class="mono dim">{endpoint ?? '–'}</span>
  }
]

/** All agents. */
export function AgentsPage(): JSX.Element {
  const { search, page } = parseListFilter(query.value)
  const { value, error, stale } = useResource({
    key: listFilterQuery({ search, page }).toString(),
    everyMs: refreshMs,
    load: (signal) => api.agents({ search, offset: (page - 1) * rowsPerPage, limit: rowsPerPage }, signal)
  })
  return (
    <Page title="Agents">
      <div class="filters" role="search" aria-label="Filter the agents">
        <SearchField
          label="Search by id"
          placeholder="Part of an agent’s id"
          value={search}
          change={(text) => replaceQuery(listFilterQuery({ search: text }))}
        />
      </div>
      {error !== undefined && value === undefined && <Fault error={error} />}
      {value !== undefined && (
        <section class="card card-flush">
          {value.items.length === 0 ? (
            <Empty title={search === '' ? 'No agents yet' : 'No agent matches'} />
          ) : (
            <Table
              label="Agents"
              columns={columns}
              rows={value.items}
              rowKey={({ agentId, incarnation }) => `${agentId} ${incarnation}`}
              rowPath={({ agentId }) => agentPath(agentId)}
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
