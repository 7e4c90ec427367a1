import type { JSX } from 'preact'
import type { ContainerView } from '@hcengineering/network-pod/admin-views'
import { count } from '../format/numbers.ts'
import { dateAndTime, duration } from '../format/times.ts'
import { agentPath, containerPath } from '../routing/route.ts'
import { serverNow } from '../state/store.ts'
import { Chip, Kind, StateBadge } from '../ui/badge.tsx'
import { Table, type Column } from '../ui/table.tsx'

const labelsShown = 3

const columns: readonly Column<ContainerView>[] = [
  {
    name: 'Container',
    class: 'cell-main',
    cell: ({ uuid }) => (
      <a class="mono" href={containerPath(uuid)} tabIndex={-1}>
        {uuid}
      </a>
    )
  },
  { name: 'Kind', cell: ({ kind }) => <Kind kind={kind} /> },
  { name: 'State', cell: ({ state }) => <StateBadge state={state} /> },
  {
    name: 'Labels',
    wideOnly: true,
    cell: ({ labels }) => (
      <span class="chips">
        {labels.slice(0, labelsShown).map((label) => (
          <Chip key={label}>{label}</Chip>
        ))}
        {labels.length > labelsShown && <span class="dim">+{labels.length - labelsShown}</span>}
      </span>
    )
  },
  {
    name: 'Agent',
    cell: ({ agentId }) =>
      agentId === undefined ? (
        <span class="dim">–</span>
      ) : (
        <a class="mono" href={agentPath(agentId)} tabIndex={-1}>
          {agentId}
        </a>
      )
  },
  {
    name: 'Serves for',
    numeric: true,
    wideOnly: true,
    cell: ({ since }) =>
      since === undefined ? (
        <span class="dim">–</span>
      ) : (
        <span title={dateAndTime(since)}>{duration(serverNow() - since)}</span>
      )
  },
  {
    name: 'References',
    numeric: true,
    wideOnly: true,
    cell: ({ references, stateless }) => (stateless ? <Chip tone="accent">HA</Chip> : count(references))
  }
]

const withoutAgent = columns.filter(({ name }) => name !== 'Agent')

/** Containers, of one agent or of all. */
export function ContainersTable(props: {
  rows: readonly ContainerView[]
  stale: boolean
  offset: number
  total: number
  ofOneAgent?: boolean
}): JSX.Element {
  const { ofOneAgent = false, ...rest } = props
  return (
    <Table
      label="Containers"
      columns={ofOneAgent ? withoutAgent : columns}
      rowKey={({ uuid }) => uuid}
      rowPath={({ uuid }) => containerPath(uuid)}
      {...rest}
    />
  )
}
