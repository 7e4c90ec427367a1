export type { AgentListenerOptions } from './agent-listener.ts'
export { NetworkAgentServer } from './agent-server.ts'
export type { AgentServerCounts } from './agent-listener.ts'
export type { NetworkClient, StandbyContainer } from './api.ts'
export { ClientCounters, OutcomeCounters, type ClientCounts } from './client-counts.ts'
export { ContainerServer } from './container-server.ts'
export { createAgent, type CreateAgentOptions, type ServedAgent } from './create-agent.ts'
export type { EventQueueOptions, SlowConsumerPolicy } from '@hcengineering/network-backrpc'
// What declares and implements services is the core's; whoever builds on services needs only this package.
export {
  ContainerBase,
  defineService,
  event,
  hasCode,
  implement,
  NetworkError,
  operation,
  standby,
  stream,
  type
} from '@hcengineering/network-core'
export type {
  ContainerBaseOptions,
  ContainerConnection,
  ContainerLogic,
  ContainerReference,
  ContainerRequests,
  ImplementOptions,
  RequestContext,
  RequestOptions,
  Service,
  ServiceConnection,
  ServiceContext,
  ServiceDeclaration,
  ServiceHandlers,
  ServiceReference,
  StandardSchema,
  StreamOptions
} from '@hcengineering/network-core'
export { LocalAgents } from './local-sessions.ts'
export { createNetworkClient } from './network-client.ts'
export { shutDownOnSignals, type ShutDownParts } from './shut-down.ts'
export type { ClientOptions } from './options.ts'
