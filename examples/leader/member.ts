/**
 * A member of a group that has one leader: started by `leader-with-standbys.ts`, three times. Each brings the
 * same container along; the one that serves is the leader.
 */

import { createNetworkClient, shutDownOnSignals } from '@hcengineering/network-client'
import {
  containerOnAgentEndpointRef,
  type ClientUuid,
  type Container,
  type RequestContext
} from '@hcengineering/network-core'
import { leaderKind, leaderUuid, type Leadership } from './messages.ts'

const name = process.env.NAME ?? 'nobody'

class Leader implements Container {
  private readonly assigned: string[] = []

  async request(
    operation: string,
    job: string,
    _clientId: ClientUuid | undefined,
    { token }: RequestContext
  ): Promise<Leadership> {
    if (operation !== 'assign') throw new Error(`a leader does not ${operation}`)
    this.assigned.push(job)
    return { leader: name, assigned: this.assigned.length, token }
  }

  connect(): void {}
  disconnect(): void {}
  async ping(): Promise<void> {}
  async terminate(): Promise<void> {}
}

const client = createNetworkClient(process.env.NETWORK ?? 'localhost:3737')
const { server } = await client.serveAgent('localhost:0', {}, (agentEndpoint) => [
  {
    uuid: leaderUuid,
    kind: leaderKind,
    endpoint: containerOnAgentEndpointRef(agentEndpoint, leaderUuid),
    container: new Leader()
  }
])
shutDownOnSignals({ servers: [server], clients: [client] })
console.log('ready')
