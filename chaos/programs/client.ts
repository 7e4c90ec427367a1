/** A client that asks its containers all the time, and writes down what it asks and what comes of it. */

import { setTimeout as sleep } from 'node:timers/promises'
import {
  createNetworkClient,
  type ContainerReference,
  type ContainerRequests
} from '@hcengineering/network-client'
import { toNetworkError, type ContainerUuid } from '@hcengineering/network-core'
import { HistoryFile, now, type Outcome, type Via } from '../src/history.ts'
import { kinds } from '../src/kinds.ts'
import type { ClientSettings, Order, Report } from '../src/messages.ts'
import { transports } from '../src/transports.ts'

const settings = JSON.parse(process.argv[2] ?? '') as ClientSettings
const { life } = settings
const history = new HistoryFile(settings.folder, life)
const client = createNetworkClient(settings.coordinator, { transport: transports[settings.transport] })

const timeoutMs = 6000
const pauseMs = 50
const visited = 20

let requests = 0
const stopping = new AbortController()

function tell(report: Report): void {
  process.send?.(report)
}

interface Call {
  readonly uuid: string
  readonly via: Via
  readonly idempotent: boolean
}

interface Reply {
  readonly request: string
  readonly agent: string
  readonly instance: string
}

/** Writes down that something is asked, and what came of it. Never rejects. */
async function record<T>(call: Call, ask: (request: string) => Promise<T>): Promise<T | undefined> {
  const request = `${life}/${++requests}`
  const askedAt = now()
  history.write({ kind: 'asked', request, client: life, ...call, at: askedAt, deadline: askedAt + timeoutMs })
  let outcome: Outcome
  let value: T | undefined
  try {
    value = await ask(request)
    const { uuid, via } = call
    if (via === 'get') outcome = { kind: 'ok', request, agent: '', instance: '' }
    else {
      const { request: answered, agent, instance } = value as Reply
      outcome = { kind: 'ok', request: answered, agent, instance }
      tell({ type: 'answer', client: settings.client, uuid, via, agent, instance, askedAt, at: now() })
    }
  } catch (error) {
    const { code, outcomeUnknown, retryable, message } = toNetworkError(error)
    outcome = { kind: 'error', code, outcomeUnknown, retryable, message }
  }
  history.write({ kind: 'settled', request, at: now(), outcome })
  return value
}

function ask(target: ContainerRequests, uuid: string, via: Via): Promise<unknown> {
  const idempotent = Math.random() < 0.25
  return record({ uuid, via, idempotent }, (request) =>
    target.request('note', request, { timeoutMs, idempotent })
  )
}

async function get(uuid: string): Promise<ContainerReference | undefined> {
  const kind = uuid === settings.leader ? kinds.leader : kinds.ordinary
  return record({ uuid, via: 'get', idempotent: true }, () =>
    client.get(kind, { uuid: uuid as ContainerUuid, timeoutMs })
  )
}

async function askAgain(target: ContainerRequests, uuid: string, via: Via): Promise<void> {
  while (!stopping.signal.aborted) {
    await ask(target, uuid, via)
    await sleep(pauseMs * (0.5 + Math.random()))
  }
}

/** Uses a container through a reference and a connection at once. */
async function use(uuid: string): Promise<void> {
  while (!stopping.signal.aborted) {
    const reference = await get(uuid)
    if (reference === undefined) continue
    const connection = await reference.connect({ timeoutMs }).catch(() => undefined)
    if (connection === undefined) {
      await reference.close()
      continue
    }
    await Promise.all([askAgain(reference, uuid, 'reference'), askAgain(connection, uuid, 'connection')])
  }
}

/** Gets containers that come and go. */
async function visit(): Promise<void> {
  while (!stopping.signal.aborted) {
    const uuid = `visited-${Math.floor(Math.random() * visited)}`
    const reference = await get(uuid)
    if (reference !== undefined) {
      await ask(reference, uuid, 'reference')
      await reference.close()
    }
    await sleep(pauseMs * (0.5 + Math.random()))
  }
}

async function obey(order: Order): Promise<void> {
  if (order.type === 'stop') stopping.abort()
  else {
    const agents = await client.agents().catch(() => [])
    tell({ type: 'agents', agents: agents.map(({ agentId }) => agentId) })
  }
}

process.on('message', (order: Order) => {
  obey(order).catch((error: unknown) => console.error(error))
})
process.on('disconnect', () => process.exit(0))
process.on('SIGTERM', () => process.exit(0))
await client.waitConnection(timeoutMs)
for (const uuid of settings.own) await (await get(uuid))?.connect({ timeoutMs })
tell({ type: 'ready' })
await Promise.all([...settings.shared, settings.leader].map(use).concat(visit()))
tell({ type: 'stopped' })
