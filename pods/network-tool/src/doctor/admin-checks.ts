import type { Overview } from '@hcengineering/network-pod'
import { toNetworkError } from '@hcengineering/network-core'
import type { AdminClient } from '../admin/admin-client.ts'
import { agentView, clientView, overview, pageOf, sessionView } from '../admin/schemas.ts'
import type { ToolContext } from '../context.ts'
import { count, duration, plural } from '../output/numbers.ts'
import { finding, type Finding } from './finding.ts'

const clockOffMs = 1000
const lagMs = 100
/** An agent with less than this share of the alive timeout left is about to be given up. */
const leaseShareLeast = 0.25

/** What the rest of the examination knows. */
export interface AdminCheckParts {
  readonly context: ToolContext
  readonly admin: AdminClient
  readonly tokenGiven: boolean
  /** The tool's own version. */
  readonly version: string
  /** The client by which this run is in the network, and where; absent when it is not. */
  readonly member?: { readonly uuid: string; readonly network: string }
}

/** What the coordinator tells of itself. */
export async function* checkAdmin(parts: AdminCheckParts): AsyncGenerator<Finding> {
  const { admin, context } = parts
  const asked = context.clock.wallTime()
  let seen: Overview
  try {
    seen = await admin.get('/api/overview', overview)
  } catch (error) {
    yield adminFault(error)
    return
  }
  const answered = context.clock.wallTime()
  yield finding('admin', 'ok', `the admin API at ${admin.address} answers`)
  try {
    yield* checkToken(parts)
    const stranger = await checkSameCoordinator(parts)
    if (stranger !== undefined) {
      yield stranger
      return
    }
    yield checkVersion(seen, parts.version)
    yield checkClock(seen.now, asked, answered)
    yield* checkState(seen)
    yield* checkLeases(admin, seen)
    yield* checkHistory(seen)
  } catch (error) {
    const { code, message } = toNetworkError(error)
    yield finding('admin', 'warning', `the admin API has stopped answering: ${code}: ${message}`)
  }
}

function adminFault(error: unknown): Finding {
  const { code, message } = toNetworkError(error)
  if (code === 'CONNECTION_TIMEOUT') {
    return finding(
      'admin',
      'warning',
      message,
      'without it, version, clock, recovery, load and leases were not looked at: run this on the ' +
        "coordinator's machine, or through a tunnel to it"
    )
  }
  return finding(
    'admin',
    'warning',
    `${code}: ${message}`,
    code === 'UNAUTHENTICATED' || code === 'FORBIDDEN'
      ? 'the admin API of a coordinator that is bound to more than its own machine is read with its token'
      : 'version, clock, recovery, load and leases were not looked at: give the address by --admin or ADMIN'
  )
}

async function* checkToken({ admin, tokenGiven }: AdminCheckParts): AsyncGenerator<Finding> {
  const { mayAct, tokenConfigured } = await admin.get('/api/session', sessionView)
  if (mayAct) yield finding('token', 'ok', 'the admin token is accepted: drain and terminate may be used')
  else if (!tokenConfigured)
    yield finding(
      'token',
      'note',
      'the coordinator has no admin token: nobody can drain or terminate through it',
      'give it one if that is wanted'
    )
  else if (tokenGiven)
    yield finding(
      'token',
      'warning',
      'the admin token is not the one of this coordinator',
      'look for a newer one'
    )
  else yield finding('token', 'note', 'no admin token was given: drain and terminate would be refused')
}

/** Two addresses that were given apart may be of two coordinators: the one must know the client of the other. */
async function checkSameCoordinator({ admin, member }: AdminCheckParts): Promise<Finding | undefined> {
  if (member === undefined) return undefined
  const found = await admin.get('/api/clients', pageOf(clientView), { search: member.uuid, limit: 1 })
  if (found.total > 0) return undefined
  return finding(
    'admin',
    'problem',
    `the admin API at ${admin.address} is of another coordinator than the one at ${member.network}`,
    'correct --network or --admin; if both are meant to be one, two coordinators run where there may be only one'
  )
}

function checkVersion(seen: Overview, version: string): Finding {
  return seen.version === version
    ? finding('version', 'ok', `coordinator and tool are both ${version}`)
    : finding(
        'version',
        'warning',
        `the coordinator is ${seen.version}, this tool ${version}`,
        'use the same version of both: before 1.0.0 each minor version may differ'
      )
}

/** The coordinator's clock, by when it said what time it was: between the question and the answer. */
function checkClock(now: number, asked: number, answered: number): Finding {
  const off = now < asked ? now - asked : now > answered ? now - answered : 0
  if (Math.abs(off) < clockOffMs)
    return finding('clock', 'ok', "the coordinator's clock and this machine's agree to a second")
  return finding(
    'clock',
    'warning',
    `the coordinator's clock is ${duration(Math.abs(off))} ${off > 0 ? 'ahead of' : 'behind'} this machine's`,
    'set both by NTP. Leases do not depend on it, but logs cannot be compared, and a coordinator without DATA_DIR ' +
      'takes its epoch from the clock'
  )
}

function* checkState(seen: Overview): Generator<Finding> {
  yield seen.recovering
    ? finding(
        'recovery',
        'warning',
        'the coordinator is recovering: it waits for agents of its predecessor, and places nothing that they may ' +
          'still serve',
        `this ends by itself within ${duration(seen.aliveTimeoutMs)}; if it does not, look at its log`
      )
    : finding('recovery', 'ok', `the coordinator is ready, in epoch ${seen.epoch}, up for ${upTime(seen)}`)
  const lag = seen.latest?.eventLoopLagMs
  if (lag !== undefined) {
    yield lag < lagMs
      ? finding('load', 'ok', `the coordinator's event loop is ${duration(lag)} late at most`)
      : finding(
          'load',
          'warning',
          `the coordinator's event loop is ${duration(lag)} late: everything waits that long`,
          'give its process a whole core, and let clients use connections, which do not pass through it'
        )
  }
  const { unplaced } = seen.containersByState
  if (unplaced > 0) {
    yield finding(
      'placement',
      'warning',
      `${plural(unplaced, 'container')} cannot be placed now`,
      'start an agent that offers their kind; `network-tool kinds` lists what there is'
    )
  }
}

const upTime = (seen: Overview): string => duration(Math.max(0, seen.now - seen.startedAt))

async function* checkLeases(admin: AdminClient, seen: Overview): AsyncGenerator<Finding> {
  const agents = await admin.list('/api/agents', agentView)
  const leastMs = seen.aliveTimeoutMs * leaseShareLeast
  let short = 0
  for (const { agentId, state, leaseMarginMs, silentMs } of agents) {
    if (state === 'draining') yield finding('agent', 'note', `agent ${agentId} is draining`)
    if (leaseMarginMs >= leastMs) continue
    short++
    yield finding(
      'lease',
      'warning',
      `agent ${agentId} was not heard for ${duration(silentMs)}: in ${duration(Math.max(0, leaseMarginMs))} its ` +
        'containers go to others',
      'look whether its process is stopped or overloaded, and whether the way to it is cut'
    )
  }
  if (agents.length > 0 && short === 0)
    yield finding('lease', 'ok', `all ${plural(agents.length, 'agent')} were heard in time`)
}

function* checkHistory({ totals, ...seen }: Overview): Generator<Finding> {
  const told = [
    [totals.agentsLost, 'agent', 'lost'],
    [totals.startsFailed, 'start', 'failed'],
    [totals.getsFailed, 'get', 'failed'],
    [totals.refusedMessages, 'message', 'refused']
  ] as const
  const parts = told
    .filter(([times]) => times > 0)
    .map(([times, noun, what]) => `${count(times)} ${noun}${times === 1 ? '' : 's'} ${what}`)
  const since = duration(Math.max(0, seen.now - seen.startedAt))
  if (parts.length > 0) yield finding('history', 'note', `in ${since}: ${parts.join(', ')}`)
}
