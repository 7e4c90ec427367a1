import type { JSX } from 'preact'
import {
  containerFilterQuery,
  containerStates,
  oneOf,
  parseContainerFilter,
  type ContainerFilter
} from '../routing/filters.ts'
import { query, replaceQuery } from '../routing/location.ts'
import { kindNames } from '../state/kind-names.ts'
import { api } from '../state/store.ts'
import { useResource } from '../state/use-resource.ts'
import { Empty } from '../ui/card.tsx'
import { Fault } from '../ui/fault.tsx'
import { FilterChip, SearchField, SelectField, TextField } from '../ui/fields.tsx'
import { Page } from '../ui/page.tsx'
import { Pager, rowsPerPage } from '../ui/pager.tsx'
import { ContainersTable } from './containers-table.tsx'

const refreshMs = 2000

/** All containers, a page at a time, by what the address says. */
export function ContainersPage(): JSX.Element {
  const filter = parseContainerFilter(query.value)
  const { value, error, stale } = useResource({
    key: containerFilterQuery(filter).toString(),
    everyMs: refreshMs,
    load: (signal) =>
      api.containers(
        {
          offset: (filter.page - 1) * rowsPerPage,
          limit: rowsPerPage,
          search: filter.search,
          labels: filter.labels,
          ...(filter.kind !== '' && { kind: filter.kind }),
          ...(filter.state !== '' && { state: filter.state }),
          ...(filter.agent !== '' && { agent: filter.agent })
        },
        signal
      )
  })
  const go = (page: number): void => replaceQuery(containerFilterQuery({ ...filter, page }))
  return (
    <Page title="Containers">
      <Filters filter={filter} />
      {error !== undefined && value === undefined && <Fault error={error} />}
      {value !== undefined && (
        <section class="card card-flush">
          {value.items.length > 0 && (
            <ContainersTable rows={value.items} stale={stale} offset={value.offset} total={value.total} />
          )}
          {value.items.length === 0 && <NothingFound filter={filter} total={value.total} go={go} />}
          {value.total > 0 && <Pager page={filter.page} total={value.total} go={go} />}
        </section>
      )}
    </Page>
  )
}

/** As the address has it now: a field that reports after a pause was rendered with an earlier one. */
function current(): ContainerFilter {
  return parseContainerFilter(query.peek())
}

function change(changed: Partial<ContainerFilter>): void {
  replaceQuery(containerFilterQuery({ ...current(), page: 1, ...changed }))
}

function addLabels(text: string): void {
  const words = text.split(/[\s,]+/).filter((word) => word !== '')
  change({ labels: [...new Set([...current().labels, ...words])] })
}

function Filters({ filter }: { filter: ContainerFilter }): JSX.Element {
  return (
    <div class="filters" role="search" aria-label="Filter the containers">
      <SearchField
        label="Search by uuid"
        placeholder="Part of a uuid"
        value={filter.search}
        change={(search) => change({ search })}
      />
      <SelectField
        label="Kind"
        any="Any kind"
        options={kindNames.value}
        value={filter.kind}
        change={(kind) => change({ kind })}
      />
      <SelectField
        label="State"
        any="Any state"
        options={containerStates}
        value={filter.state}
        change={(state) => change({ state: oneOf(containerStates, state) ?? '' })}
      />
      <LabelField add={addLabels} />
      <TextField
        label="Agent"
        placeholder="Agent, exactly"
        value={filter.agent}
        change={(agent) => change({ agent })}
      />
      {filter.labels.length > 0 && (
        <div class="filter-chips">
          {filter.labels.map((label) => (
            <FilterChip
              key={label}
              name="label"
              value={label}
              drop={() => change({ labels: filter.labels.filter((kept) => kept !== label) })}
            />
          ))}
        </div>
      )}
    </div>
  )
}

function LabelField({ add }: { add: (text: string) => void }): JSX.Element {
  return (
    <form
      class="field"
      onSubmit={(event) => {
        event.preventDefault()
        const input = event.currentTarget.querySelector('input')
        if (input === null || input.value.trim() === '') return
        add(input.value)
        input.value = ''
      }}
    >
      <label>
        <span class="visually-hidden">Label; Enter adds it</span>
        <input type="text" placeholder="Label ⏎" autocomplete="off" spellcheck={false} />
      </label>
    </form>
  )
}

function NothingFound(props: {
  filter: ContainerFilter
  total: number
  go: (page: number) => void
}): JSX.Element {
  const { filter, total, go } = props
  if (total > 0) {
    return (
      <Empty title="The list has become shorter">
        <button type="button" class="button" onClick={() => go(Math.ceil(total / rowsPerPage))}>
          Go to its last page
        </button>
      </Empty>
    )
  }
  if (containerFilterQuery(filter).toString() === '') {
    return <Empty title="No containers yet">They come when a client gets one.</Empty>
  }
  return (
    <Empty title="No container matches">
      <button type="button" class="button" onClick={() => replaceQuery(new URLSearchParams())}>
        Drop all filters
      </button>
    </Empty>
  )
}
