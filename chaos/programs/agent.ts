/** An agent whose containers write down every request that they are handed. */

import { setTimeout as sleep } from 'node:timers/promises'
import { createNetworkClient } from '@hcengineering/network-client'
import {
  containerOnAgentEndpointRef,
  containerUuid,
  type AgentUuid,
  type ClientUuid,
  type Container,
  type ContainerUuid,
  type RequestContext
} from '@hcengineering/network-core'
import { HistoryFile, now } from '../src/history.ts'
import { kinds } from '../src/kinds.ts'
import type { AgentSettings, Report } from '../src/messages.ts'
import { transports } from '../src/transports.ts'

const settings = JSON.parse(process.argv[2] ?? '') as AgentSettings
const history = new HistoryFile(settings.folder, settings.life)
let instances = 0

function tell(report: Report): void {
  process.send?.(report)
}

/** Half of the requests take a while, so that faults find some of them under way. */
function workMs(): number {
  return Math.random() < 0.5 ? 0 : Math.random() * 30
}

class RecordingContainer implements Container {
  private readonly uuid: string
  private readonly instance = `${settings.life}#${++instances}`

  constructor(uuid: string) {
    this.uuid = uuid
  }

  async request(
    _operation: string,
    data: string,
    _client?: ClientUuid,
    context?: RequestContext
  ): Promise<object> {
    // First of all: what comes before this line counts for the moment of the lease check.
    const at = now()
    const { uuid, instance } = this
    const { epoch, sequence } = context?.token ?? { epoch: 0, sequence: 0 }
    const { agent } = settings
    history.write({
      kind: 'dispatched',
      request: data,
      uuid,
      agent,
      instance,
      token: [epoch, sequence],
      at
    })
    const ms = workMs()
    if (ms > 0) await sleep(ms)
    history.write({ kind: 'handled', request: data, instance, at: now() })
    return { request: data, agent, instance }
  }

  connect(): void {}
  disconnect(): void {}
  async ping(): Promise<void> {}

  async terminate(): Promise<void> {
    tell({ type: 'ended', uuid: this.uuid, at: now() })
  }
}

const transport = transports[settings.transport]
const client = createNetworkClient(settings.coordinator, { transport })
await client.serveAgent(
  settings.endpoint,
  {
    [kinds.ordinary]: ({ uuid = containerUuid() }, agentEndpoint) => ({
      uuid,
      container: new RecordingContainer(uuid),
      endpoint: containerOnAgentEndpointRef(agentEndpoint, uuid)
    })
  },
  (agentEndpoint) => {
    const uuid = settings.leader as ContainerUuid
    const endpoint = containerOnAgentEndpointRef(agentEndpoint, uuid)
    return [{ uuid, kind: kinds.leader, endpoint, container: new RecordingContainer(uuid) }]
  },
  { uuid: settings.agent as AgentUuid, bindHost: settings.bindHost }
)
process.on('disconnect', () => process.exit(0))
process.on('SIGTERM', () => process.exit(0))
tell({ type: 'ready' })
