import {
  containerOnAgentEndpointRef,
  containerUuid,
  NetworkError,
  type Container,
  type ContainerFactory
} from '@hcengineering/network-core'

/** Counts what it is told to count. Its number goes with it: a container keeps its state itself. */
class Counter implements Container {
  #count = 0

  async request(operation: string, data?: unknown): Promise<number> {
    if (operation === 'add') this.#count += typeof data === 'number' ? data : 1
    else if (operation !== 'read')
      throw new NetworkError('UNKNOWN_OPERATION', `a counter can add and read, not ${operation}`)
    return this.#count
  }

  connect(): void {}
  disconnect(): void {}
  async terminate(): Promise<void> {}
  async ping(): Promise<void> {}
}

export const counterFactory: ContainerFactory = ({ uuid = containerUuid() }, agentEndpoint) => ({
  uuid,
  container: new Counter(),
  endpoint: containerOnAgentEndpointRef(agentEndpoint, uuid)
})
