export type { AgentCounts, HostedContainers } from './agent/agent-counts.ts'
export { AgentImpl } from './agent/agent-impl.ts'
export {
  requireHosted,
  type ContainerFactories,
  type ContainerFactory,
  type FactoryOptions
} from './agent/factory.ts'
export { agentHosting } from './agent/hosts.ts'
export { KindActivity } from './agent/kind-activity.ts'
export type { Activation, AgentOptions } from './agent/options.ts'
export { assertNever } from './api/assert.ts'
export type { Data } from './api/data.ts'
export { BroadcastGroup, SharedEvent } from './api/broadcast-group.ts'
export { callChainHeader, callChainMax, readCallChain, withCallChain } from './api/call-chain.ts'
export { castRequests, interfaceHandler, type Remote, type SendRequest } from './api/cast.ts'
export type {
  Broadcast,
  Container,
  ContainerRequest,
  FinishReason,
  GetOptions,
  RequestContext
} from './api/container.ts'
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
  opaqueEndpointRef,
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
export { readEventNotice, type EventNotice } from './api/event-notice.ts'
export { silentLogger, type Logger } from './api/logger.ts'
export { methodProxy, type MakeMethod } from './api/method-proxy.ts'
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
export {
  defineService,
  event,
  isService,
  operation,
  stream,
  type CheckedOperation,
  type CheckedStream,
  type Declared,
  type Event,
  type EventData,
  type EventName,
  type ExtraInput,
  type ExtraReceived,
  type Operation,
  type OperationInput,
  type OperationName,
  type OperationOutput,
  type OperationReceived,
  type SchemaOperation,
  type SchemaStream,
  type Service,
  type ServiceDeclaration,
  type SnapshotOf,
  type SnapshotReceived,
  type Stream,
  type StreamInput,
  type StreamItem,
  type StreamName,
  type StreamReceived
} from './api/service.ts'
export type {
  Call,
  OpenStream,
  Send,
  ServiceApi,
  ServiceConnection,
  ServiceGetOptions,
  ServiceReference,
  ServiceRequests,
  ServiceSends,
  ServiceStreams
} from './api/service-reference.ts'
export {
  checkWith,
  type,
  type AnySchema,
  type SchemaIssue,
  type SchemaResult,
  type StandardSchema,
  type StandardSchemaProperties
} from './api/standard-schema.ts'
export { leaseShare, timeouts } from './api/timeouts.ts'
export { compareTokens, type ActivationToken } from './api/tokens.ts'
export { apart, traced, type Trace, type TracedAction, type Tracing } from './api/tracing.ts'
export {
  readAgentIncarnation,
  readAgentRecords,
  readAgentUpdate,
  readClientGone,
  readClientOfContainer,
  readContainerActivity,
  readContainerRecord,
  readContainerRecords,
  readCoordinatorDetails,
  readEndCommand,
  readEndResult,
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
  type CoordinatorDetails,
  type GetMessage
} from './contract/guards.ts'
export { AgentOperation, ClientNotice, CoordinatorOperation } from './contract/operations.ts'
export { noHeaders } from './contract/ports.ts'
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
  EndResult,
  GrantCommand,
  HostedContainer,
  InventoryEntry,
  Registration,
  RegistrationReply,
  Renewal,
  RenewalReply,
  SettleRegistration,
  Snapshot,
  SnapshotCodec,
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
export { ContainerBase, type ContainerBaseOptions, type ContainerLogic } from './service/container-base.ts'
export {
  implement,
  standby,
  type ImplementedStandby,
  type ImplementOptions,
  type OperationHandler,
  type OperationHandlers,
  type ServiceContext,
  type ServiceEvents,
  type ServiceHandlers,
  type ServiceHooks,
  type StreamHandler,
  type StreamHandlers
} from './service/implement.ts'
export * from './time/index.ts'
