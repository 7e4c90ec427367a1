export type { AgentListenerOptions } from './agent-listener.ts'
export { NetworkAgentServer } from './agent-server.ts'
export type { AgentServerCounts } from './agent-listener.ts'
export type { NetworkClient, StandbyContainer } from './api.ts'
export { ClientCounters, OutcomeCounters, type ClientCounts } from './client-counts.ts'
export { ContainerServer } from './container-server.ts'
export { createAgent, type CreateAgentOptions, type ServedAgent } from './create-agent.ts'
export type { EventQueueOptions, SlowConsumerPolicy } from '@hcengineering/network-backrpc'
export type {
  ContainerConnection,
  ContainerReference,
  ContainerRequests,
  RequestOptions,
  StreamOptions
} from '@hcengineering/network-core'
export { LocalAgents } from './local-sessions.ts'
export { createNetworkClient } from './network-client.ts'
export { shutDownOnSignals, type ShutDownParts } from './shut-down.ts'
export type { ClientOptions } from './options.ts'
