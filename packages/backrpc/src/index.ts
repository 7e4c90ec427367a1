export type { Clock } from './clock.ts'
export { rpcError, RpcError, type ErrorFactory, type RpcErrorOptions } from './errors.ts'
export { Dialler, type DiallerOptions } from './peer/dialler.ts'
export { Listener, sessionGraceMs, type ListenerOptions, type ListenerPeer } from './peer/listener.ts'
export type { PeerOptions, RpcLogger } from './peer/options.ts'
export { MalformedMessage } from './protocol/bytes.ts'
export type { SendFrame } from './protocol/frames.ts'
export { protocolVersion, type Hello, type Welcome } from './protocol/handshake.ts'
export { decodeHeaders, encodeHeaders } from './protocol/headers.ts'
export { defaultSessionLimits, type SessionLimits } from './protocol/limits.ts'
export { decodeValue, emptyPayload, encodeValue } from './protocol/values.ts'
export { ask, askWith, tell, type AskOptions } from './session/ask.ts'
export {
  createEventQueueCounters,
  EventQueue,
  resolveEventQueueOptions,
  type EventQueueCounters,
  type EventQueueOptions,
  type ResolvedEventQueueOptions,
  type SlowConsumerPolicy
} from './session/event-queue.ts'
export type { IncomingCall } from './session/incoming-call.ts'
export type { Settle } from './session/outgoing-call.ts'
export { relayStream, streamWindowBytes, type StreamReader, type StreamWriter } from './session/stream-io.ts'
export { askStream, serveStream, type AskStreamOptions, type ServedStream } from './session/stream-calls.ts'
export type { IncomingStream, SessionStream, StreamEvents } from './session/stream.ts'
export {
  Session,
  type CallOptions,
  type OpenStreamOptions,
  type SendOptions,
  type SessionHandler,
  type SessionOptions
} from './session/session.ts'
export type {
  ConnectionEvents,
  ListenOptions,
  Transport,
  TransportConnection,
  TransportLimits,
  TransportListener
} from './transport/port.ts'
export {
  createMemoryNetwork,
  MemoryNetwork,
  memoryTransport,
  microtaskSchedule,
  type MemoryConnection,
  type MemoryLink,
  type MemoryNetworkOptions,
  type Schedule
} from './transport/memory/index.ts'
export { createTcpTransport, tcpTransport, type TcpOptions } from './transport/tcp/index.ts'
export { createZeromqTransport, zeromqTransport, type ZeromqOptions } from './transport/zeromq/index.ts'
