import type { ContainerDetails } from '@hcengineering/network-pod'
import type { Command } from 'commander'
import { containerDetails } from '../admin/schemas.ts'
import type { ToolContext } from '../context.ts'
import type { GlobalOptions } from '../io.ts'
import { count, duration, plural } from '../output/numbers.ts'
import type { Tone } from '../output/paint.ts'
import { fieldList, type Cell } from '../output/table.ts'

export function addDescribe(program: Command, context: ToolContext): void {
  program
    .command('describe')
    .description('show all that is known of one container; asks the admin API')
    .argument('<uuid>', 'uuid of the container')
    .action(async (uuid: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const admin = await context.admin(options)
      const details = await admin.get(`/api/containers/${encodeURIComponent(uuid)}`, containerDetails)
      const now = context.clock.wallTime()
      context.show(options, details, () => fieldList(fieldsOf(details, now), context.paint))
    })
}

const toneOfState: Readonly<Record<ContainerDetails['state'], Tone>> = {
  serving: 'good',
  starting: 'accent',
  ending: 'warning',
  unplaced: 'bad'
}

function fieldsOf(details: ContainerDetails, now: number): (readonly [string, Cell])[] {
  const { since, token, holders, activity } = details
  const state: string[] = [details.state]
  if (since !== undefined)
    state.push(`since ${new Date(since).toISOString()} (${duration(Math.max(0, now - since))})`)
  const fields: (readonly [string, Cell])[] = [
    ['container', details.uuid],
    ['kind', details.kind],
    ['labels', details.labels.join(', ')],
    ['state', { text: state.join(' '), tone: toneOfState[details.state] }],
    ['agent', details.agentId ?? ''],
    ['endpoint', details.endpoint ?? ''],
    ['token', token === undefined ? '' : `epoch ${token.epoch}, sequence ${token.sequence}`],
    ['stays', details.stateless ? 'with its agent' : 'while somebody refers to it'],
    ['references', count(details.references)],
    ['holders', holders.map(({ clientId, handles }) => `${clientId} (${handles})`).join(', ')],
    ['waiting', plural(details.waiting, 'get')],
    ['standbys', details.standbys.join(', ')],
    ['setbacks', { text: count(details.setbacks), ...(details.setbacks > 0 && { tone: 'warning' as const }) }]
  ]
  if (activity === undefined) {
    fields.push(['activity', { text: 'its agent has not answered in time', tone: 'warning' }])
    return fields
  }
  fields.push(
    [
      'requests',
      `${count(activity.requests)}, ${count(activity.failures)} failed, ${count(activity.inFlight)} under way`
    ],
    ['streams', count(activity.streams)],
    ['connections', plural(activity.connections, 'client')],
    ['health', health(activity.lastPing, now)]
  )
  return fields
}

function health(ping: NonNullable<ContainerDetails['activity']>['lastPing'], now: number): Cell {
  if (ping === undefined) return 'not asked yet'
  const ago = `${duration(Math.max(0, now - ping.at))} ago`
  return ping.ok
    ? { text: `answered ${ago}`, tone: 'good' }
    : { text: `failed ${plural(ping.failuresInARow, 'time')} in a row, last ${ago}`, tone: 'bad' }
}
