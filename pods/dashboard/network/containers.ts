import { setTimeout as sleep } from 'node:timers/promises'
import { createAgent } from '@hcengineering/network-client'
import {
  BroadcastGroup,
  containerOnAgentEndpointRef,
  containerUuid,
  type AgentUuid,
  type Broadcast,
  type ClientUuid,
  type Container,
  type ContainerFactories,
  type ContainerFactory,
  type ContainerKind,
  type ContainerUuid
} from '@hcengineering/network-core'

/** The kinds of containers of the networks that the demonstration and the tests start. */
export const kinds = {
  chatRoom: 'chat-room' as ContainerKind,
  workspace: 'workspace' as ContainerKind,
  queryEngine: 'query-engine' as ContainerKind,
  session: 'session' as ContainerKind,
  directory: 'directory' as ContainerKind
}

/** The one directory: every agent brings it along, one serves. */
export const directoryUuid = 'directory' as ContainerUuid

/** Answers what it is asked after a while, now and then with an error, and tells whoever is connected. */
class Service implements Container {
  private readonly listeners = new BroadcastGroup()
  private readonly answerMs: number
  private answered = 0

  constructor(answerMs: number) {
    this.answerMs = answerMs
  }

  async request(operation: string, data?: unknown): Promise<unknown> {
    if (this.answerMs > 0) await sleep(this.answerMs * (0.5 + Math.random()))
    this.answered++
    if (operation === 'fail') throw new Error('This was asked to fail')
    if (operation === 'say') await this.listeners.publish({ said: data })
    return { answered: this.answered }
  }

  connect(clientId: ClientUuid, broadcast: Broadcast): void {
    this.listeners.connect(clientId, broadcast)
  }

  disconnect(clientId: ClientUuid): void {
    this.listeners.disconnect(clientId)
  }

  async ping(): Promise<void> {}
  async terminate(): Promise<void> {}
}

function hosting(answerMs: number, startMs = 0): ContainerFactory {
  return async ({ uuid = containerUuid() }, agentEndpoint) => {
    if (startMs > 0) await sleep(startMs * (0.5 + Math.random()))
    return {
      uuid,
      container: new Service(answerMs),
      endpoint: containerOnAgentEndpointRef(agentEndpoint, uuid)
    }
  }
}

/** How to make what. */
export const factories: ContainerFactories = {
  [kinds.chatRoom]: hosting(0),
  [kinds.workspace]: hosting(2, 80),
  [kinds.queryEngine]: hosting(12, 250),
  [kinds.session]: hosting(0)
}

/** An agent of this process with these kinds, and the directory to stand by with. */
export async function createServiceAgent(name: string, offered: readonly string[]) {
  const chosen = Object.fromEntries(Object.entries(factories).filter(([kind]) => offered.includes(kind)))
  const served = await createAgent('localhost:0', chosen, { uuid: name as AgentUuid })
  if (offered.includes(kinds.directory)) {
    served.agent.addStatelessContainer(
      directoryUuid,
      kinds.directory,
      containerOnAgentEndpointRef(served.server.endpoint, directoryUuid),
      new Service(0)
    )
  }
  return served
}
