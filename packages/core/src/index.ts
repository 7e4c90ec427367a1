export { AgentImpl } from './agent/agent-impl.ts'
export { requireHosted, type ContainerFactories, type ContainerFactory } from './agent/factory.ts'
export { agentHosting } from './agent/hosts.ts'
export type { Activation, AgentOptions } from './agent/options.ts'
export { assertNever } from './api/assert.ts'
export type { Data } from './api/data.ts'
export { BroadcastGroup, SharedEvent } from './api/broadcast-group.ts'
export { castRequests, interfaceHandler, type Remote, type SendRequest } from './api/cast.ts'
export type { Broadcast, Container, ContainerRequest, GetOptions, RequestContext } from './api/container.ts'
export {
  hasCode,
  networkError,
  NetworkError,
  networkErrorCodes,
  requireNotAborted,
  toNetworkError,
  type NetworkErrorCode,
  type NetworkErrorOptions
} from './api/errors.ts'
export {
  agentEndpointRef,
  agentUuid,
  clientUuid,
  containerListenerEndpointRef,
  containerOnAgentEndpointRef,
  containerUuid,
  nameLengthMax,
  parseContainerEndpoint,
  randomIds,
  requireName,
  type AgentEndpointRef,
  type AgentUuid,
  type ClientUuid,
  type ContainerEndpointRef,
  type ContainerKind,
  type ContainerUuid,
  type IdSource,
  type ParsedContainerEndpoint
} from './api/ids.ts'
export { silentLogger, type Logger } from './api/logger.ts'
export type { Network, NetworkAgent, WaitOptions } from './api/network.ts'
export {
  NetworkEventKind,
  type AgentEvent,
  type AgentRecord,
  type ContainerEvent,
  type ContainerRecord,
  type NetworkEvent,
  type NetworkEventListener
} from './api/records.ts'
export type {
  CallerClient,
  ContainerConnection,
  ContainerReference,
  ContainerRequests,
  RequestOptions,
  StreamOptions
} from './api/reference.ts'
export { leaseShare, timeouts } from './api/timeouts.ts'
export { compareTokens, type ActivationToken } from './api/tokens.ts'
export {
  readAgentIncarnation,
  readAgentRecords,
  readAgentUpdate,
  readClientGone,
  readClientOfContainer,
  readContainerActivity,
  readContainerRecord,
  readContainerRecords,
  readEndCommand,
  readEndedReport,
  readGet,
  readGrantCommand,
  readHandle,
  readKindFilter,
  readKinds,
  readNetworkEvent,
  readRegistration,
  readRegistrationReply,
  readRenewal,
  readRenewalReply,
  readStartCommand,
  readStartResult,
  readSubscribe,
  readUuid,
  type GetMessage
} from './contract/guards.ts'
export { AgentOperation, ClientNotice, CoordinatorOperation } from './contract/operations.ts'
export type {
  AgentBinding,
  AgentLink,
  AgentUpdate,
  ClientGoneCommand,
  ContainerActivity,
  ContainerCall,
  CoordinatorIdentity,
  CoordinatorLink,
  EndCommand,
  EndedReport,
  EndReason,
  GrantCommand,
  HostedContainer,
  InventoryEntry,
  Registration,
  RegistrationReply,
  Renewal,
  RenewalReply,
  SettleRegistration,
  StreamCall,
  StreamSink,
  StartCommand,
  StartResult,
  Subscriber
} from './contract/ports.ts'
export type { CoordinatorCounters } from './coordinator/counters.ts'
export type { CoordinatorGateway, Destination, EventBatch, GetInProgress } from './coordinator/gateway.ts'
export type {
  AgentSummary,
  ClientSummary,
  ContainerDescription,
  ContainerFilter,
  ContainerState,
  ContainerSummary,
  InspectionPage,
  KindSummary,
  NetworkSummary,
  PageRequest
} from './coordinator/inspection.ts'
export { NetworkInspection } from './coordinator/network-inspection.ts'
export { NetworkImpl, type NetworkOptions } from './coordinator/network-impl.ts'
export type { CoordinatorOptions } from './coordinator/options.ts'
export type { GetInput } from './coordinator/references.ts'
export type { RosterEntry, RosterRecord, RosterStore } from './coordinator/roster-store.ts'
export * from './time/index.ts'
