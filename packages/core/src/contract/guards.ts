/**
 * Guards for what arrives from peers. Each returns a fresh object with the fields it has checked and nothing
 * else, or throws `INVALID_MESSAGE` naming the field: what a peer sends is never trusted to have a shape.
 */

import { NetworkError } from '../api/errors.ts'
import {
  nameLengthMax,
  type AgentEndpointRef,
  type AgentUuid,
  type ClientUuid,
  type ContainerEndpointRef,
  type ContainerKind,
  type ContainerUuid
} from '../api/ids.ts'
import {
  NetworkEventKind,
  type AgentEvent,
  type AgentRecord,
  type ContainerEvent,
  type ContainerRecord,
  type NetworkEvent
} from '../api/records.ts'
import type { ActivationToken } from '../api/tokens.ts'
import type {
  AgentUpdate,
  ClientGoneCommand,
  ContainerActivity,
  CoordinatorIdentity,
  EndCommand,
  EndedReport,
  EndReason,
  EndResult,
  GrantCommand,
  InventoryEntry,
  Registration,
  RegistrationReply,
  Renewal,
  RenewalReply,
  Snapshot,
  StartCommand,
  StartResult
} from './ports.ts'

const labelsMax = 64
const kindsMax = 10_000
const listMax = 5_000_000
const endpointLengthMax = 2048

type Fields = Readonly<Record<string, unknown>>

/** A get, as it travels. */
export interface GetMessage {
  readonly handle: string
  readonly kind: ContainerKind
  readonly uuid: ContainerUuid | undefined
  readonly labels: readonly string[]
  readonly extra: unknown
  readonly seen: CoordinatorIdentity | undefined
  /** How long the client waits; undefined for as long as the request's own deadline says. */
  readonly timeoutMs: number | undefined
}

/** What a client asks for by `get`. */
export function readGet(value: unknown): GetMessage {
  const from = fields(value, 'get')
  return {
    handle: name(from, 'handle'),
    kind: name(from, 'kind'),
    uuid: optional(from, 'uuid', name<ContainerUuid>),
    labels: from['labels'] === undefined ? [] : names(from, 'labels', labelsMax),
    extra: from['extra'],
    seen: optional(from, 'seen', identity),
    timeoutMs: optional(from, 'timeoutMs', number)
  }
}

/** The handle of a reference that is given back. */
export function readHandle(value: unknown): string {
  return name(fields(value, 'release'), 'handle')
}

/** The kind that a client wants to have listed; undefined for all. */
export function readKindFilter(value: unknown): ContainerKind | undefined {
  return value === undefined ? undefined : optional(fields(value, 'list'), 'kind', name<ContainerKind>)
}

/** What a client wants to hear of. */
export interface SubscribeMessage {
  readonly on: boolean
  /** Whether to begin with all that there is. */
  readonly snapshot: boolean
  /** The coordinator with the highest epoch of which it has seen a token. */
  readonly seen: CoordinatorIdentity | undefined
}

/** Whether a client wants to hear of events, and from what on. */
export function readSubscribe(value: unknown): SubscribeMessage {
  const from = fields(value, 'subscribe')
  return {
    on: from['on'] === true,
    snapshot: from['snapshot'] === true,
    seen: optional(from, 'seen', identity)
  }
}

/** What a coordinator says of itself when a client connects. */
export interface CoordinatorDetails {
  /** Differs from that of every other coordinator. */
  readonly incarnation: string
}

/** Who answers at the coordinator's address. */
export function readCoordinatorDetails(value: unknown): CoordinatorDetails {
  return { incarnation: name(fields(value, 'coordinator'), 'incarnation') }
}

/** The container that a message is about. */
export function readUuid(value: unknown): ContainerUuid {
  return name(fields(value, 'a container'), 'uuid')
}

/** A client and one of the agent's containers. */
export function readClientOfContainer(value: unknown): { uuid: ContainerUuid; clientId: ClientUuid } {
  const from = fields(value, 'connect')
  return { uuid: name(from, 'uuid'), clientId: name(from, 'clientId') }
}

/** What an agent says of itself when it joins. */
export function readRegistration(value: unknown): Registration {
  const from = fields(value, 'registration')
  return {
    agentId: name(from, 'agentId'),
    incarnation: name(from, 'incarnation'),
    kinds: names(from, 'kinds', kindsMax),
    endpoint: optional(from, 'endpoint', endpointOf<AgentEndpointRef>),
    seen: optional(from, 'seen', identity),
    draining: from['draining'] === true,
    containers: list(from, 'containers', listMax).map(readInventoryEntry)
  }
}

/** The coordinator's answer to a registration: a lease, and what serves on. */
export function readRegistrationReply(value: unknown): RegistrationReply {
  const from = fields(value, 'registration reply')
  return {
    coordinator: identity(from, 'coordinator'),
    leaseMs: number(from, 'leaseMs'),
    pingIntervalMs: number(from, 'pingIntervalMs'),
    resume: list(from, 'resume', listMax).map((item) => {
      const entry = fields(item, 'resume')
      return { uuid: name<ContainerUuid>(entry, 'uuid'), token: token(entry, 'token') }
    }),
    standby: names(from, 'standby', listMax),
    held: names(from, 'held', listMax)
  }
}

/** An agent that asks for its lease to be renewed. */
export function readRenewal(value: unknown): Renewal {
  const from = fields(value, 'renewal')
  return {
    agentId: name(from, 'agentId'),
    incarnation: name(from, 'incarnation'),
    coordinator: identity(from, 'coordinator')
  }
}

/** The coordinator's answer to a renewal. */
export function readRenewalReply(value: unknown): RenewalReply {
  if (value === 'renewed' || value === 'register') return value
  throw invalid('the answer to a renewal', 'must be renewed or register')
}

/** What has changed of an agent. */
export function readAgentUpdate(value: unknown): AgentUpdate {
  const from = fields(value, 'agent update')
  return {
    agentId: name(from, 'agentId'),
    incarnation: name(from, 'incarnation'),
    kinds: names(from, 'kinds', kindsMax),
    endpoint: optional(from, 'endpoint', endpointOf<AgentEndpointRef>),
    standbys: list(from, 'standbys', listMax).map(readInventoryEntry)
  }
}

/** Which agent, and which start of it. */
export function readAgentIncarnation(value: unknown): { agentId: AgentUuid; incarnation: string } {
  const from = fields(value, 'agent')
  return { agentId: name(from, 'agentId'), incarnation: name(from, 'incarnation') }
}

/** An agent that says that a container has ended. */
export function readEndedReport(value: unknown): EndedReport {
  const from = fields(value, 'report')
  return {
    agentId: name(from, 'agentId'),
    incarnation: name(from, 'incarnation'),
    uuid: name(from, 'uuid'),
    token: optional(from, 'token', token),
    reason: endReason(from, 'reason'),
    snapshot: optional(from, 'snapshot', snapshot)
  }
}

/** The command to start a container. */
export function readStartCommand(value: unknown): StartCommand {
  const from = fields(value, 'start')
  return {
    coordinator: identity(from, 'coordinator'),
    startId: number(from, 'startId'),
    kind: name(from, 'kind'),
    uuid: optional(from, 'uuid', name<ContainerUuid>),
    labels: names(from, 'labels', labelsMax),
    extra: from['extra'],
    shared: from['shared'] === true,
    token: optional(from, 'token', token),
    snapshot: optional(from, 'snapshot', snapshot)
  }
}

/** Where a container was started. */
export function readStartResult(value: unknown): StartResult {
  const from = fields(value, 'start result')
  return { uuid: name(from, 'uuid'), endpoint: endpointOf<ContainerEndpointRef>(from, 'endpoint') }
}

/** The right to serve, with its token. */
export function readGrantCommand(value: unknown): GrantCommand {
  const from = fields(value, 'grant')
  return {
    coordinator: identity(from, 'coordinator'),
    uuid: name(from, 'uuid'),
    startId: optional(from, 'startId', number),
    token: token(from, 'token'),
    snapshot: optional(from, 'snapshot', snapshot)
  }
}

/** The command to end a container. */
export function readEndCommand(value: unknown): EndCommand {
  const from = fields(value, 'end')
  return {
    coordinator: identity(from, 'coordinator'),
    startId: optional(from, 'startId', number),
    uuid: optional(from, 'uuid', name<ContainerUuid>),
    token: optional(from, 'token', token),
    reason: endReason(from, 'reason')
  }
}

/** An agent of an older version answers nothing. */
export function readEndResult(value: unknown): EndResult {
  if (value === undefined || value === null) return { snapshot: undefined }
  return { snapshot: optional(fields(value, 'end result'), 'snapshot', snapshot) }
}

/** The client that has gone, and the containers that must hear of it. */
export function readClientGone(value: unknown): ClientGoneCommand {
  const from = fields(value, 'client-gone')
  return { clientId: name(from, 'clientId'), uuids: names(from, 'uuids', listMax) }
}

/** What an agent says of a container. */
export function readContainerActivity(value: unknown): ContainerActivity {
  const from = fields(value, 'activity')
  return {
    requests: number(from, 'requests'),
    failures: number(from, 'failures'),
    inFlight: number(from, 'inFlight'),
    streams: number(from, 'streams'),
    connections: number(from, 'connections'),
    lastPing: optional(from, 'lastPing', (parent, field) => {
      const ping = fields(parent[field], field)
      return {
        at: number(ping, 'at'),
        ok: ping['ok'] === true,
        failuresInARow: number(ping, 'failuresInARow')
      }
    })
  }
}

/** A container, as the directory has it. */
export function readContainerRecord(value: unknown): ContainerRecord {
  const from = fields(value, 'container')
  return {
    uuid: name(from, 'uuid'),
    kind: name(from, 'kind'),
    agentId: name(from, 'agentId'),
    endpoint: endpointOf<ContainerEndpointRef>(from, 'endpoint'),
    labels: names(from, 'labels', labelsMax),
    agentEndpoint: optional(from, 'agentEndpoint', endpointOf<AgentEndpointRef>),
    token: token(from, 'token')
  }
}

/** Containers, as the directory has them. */
export function readContainerRecords(value: unknown): ContainerRecord[] {
  return array(value, 'containers', listMax).map(readContainerRecord)
}

/** Agents, as the directory has them. */
export function readAgentRecords(value: unknown): AgentRecord[] {
  return array(value, 'agents', listMax).map((item) => {
    const from = fields(item, 'agent')
    return {
      agentId: name(from, 'agentId'),
      endpoint: optional(from, 'endpoint', endpointOf<AgentEndpointRef>),
      kinds: names(from, 'kinds', kindsMax)
    }
  })
}

/** The kinds that can be had. */
export function readKinds(value: unknown): ContainerKind[] {
  return names({ kinds: value }, 'kinds', listMax)
}

/** What has changed in the network. */
export function readNetworkEvent(value: unknown): NetworkEvent {
  const from = fields(value, 'event')
  return {
    agents: list(from, 'agents', listMax).map(readAgentEvent),
    containers: list(from, 'containers', listMax).map(readContainerEvent),
    ...(from['snapshot'] === true && { snapshot: true })
  }
}

function readAgentEvent(value: unknown): AgentEvent {
  const from = fields(value, 'agent event')
  return { id: name(from, 'id'), kinds: names(from, 'kinds', kindsMax), event: eventKind(from) }
}

function readContainerEvent(value: unknown): ContainerEvent {
  const from = fields(value, 'container event')
  return { container: readContainerRecord(from['container']), event: eventKind(from) }
}

function readInventoryEntry(value: unknown): InventoryEntry {
  const from = fields(value, 'container')
  return {
    uuid: name(from, 'uuid'),
    kind: name(from, 'kind'),
    endpoint: endpointOf<ContainerEndpointRef>(from, 'endpoint'),
    labels: names(from, 'labels', labelsMax),
    extra: from['extra'],
    stateless: from['stateless'] === true,
    shared: from['shared'] === true,
    // Whoever does not say is taken for the worse.
    lapsed: from['lapsed'] !== false,
    ending: from['ending'] === true,
    token: optional(from, 'token', token),
    startId: optional(from, 'startId', number)
  }
}

// Fields

function invalid(what: string, why: string): NetworkError {
  return new NetworkError('INVALID_MESSAGE', `${what} ${why}`)
}

function fields(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(what, 'must be an object')
  return value as Fields
}

function optional<T>(from: Fields, field: string, read: (from: Fields, field: string) => T): T | undefined {
  const value = from[field]
  return value === undefined || value === null ? undefined : read(from, field)
}

function name<T extends string = string>(from: Fields, field: string): T {
  const value = from[field]
  if (typeof value !== 'string' || value.length === 0 || value.length > nameLengthMax) {
    throw invalid(field, `must be a string of 1 to ${nameLengthMax} characters`)
  }
  return value as T
}

function endpointOf<T extends string>(from: Fields, field: string): T {
  const value = from[field]
  if (typeof value !== 'string' || value.length > endpointLengthMax) {
    throw invalid(field, `must be a string of up to ${endpointLengthMax} characters`)
  }
  return value as T
}

function number(from: Fields, field: string): number {
  const value = from[field]
  if (typeof value !== 'number' || !Number.isFinite(value)) throw invalid(field, 'must be a number')
  return value
}

/** Beyond, an epoch could not be counted on from. */
const epochMax = 2 ** 52

function epoch(from: Fields, field: string): number {
  const value = number(from, field)
  if (!Number.isInteger(value) || value < 0 || value > epochMax) {
    throw invalid(field, `must be a whole number from 0 to ${epochMax}`)
  }
  return value
}

function array(value: unknown, field: string, max: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length > max) throw invalid(field, `must be a list of up to ${max}`)
  return value
}

function list(from: Fields, field: string, max: number): readonly unknown[] {
  return array(from[field], field, max)
}

function names<T extends string = string>(from: Fields, field: string, max: number): T[] {
  return list(from, field, max).map((item) => name<T>({ [field]: item }, field))
}

function token(from: Fields, field: string): ActivationToken {
  const value = fields(from[field], field)
  return { epoch: epoch(value, 'epoch'), sequence: number(value, 'sequence') }
}

function snapshot(from: Fields, field: string): Snapshot {
  const value = fields(from[field], field)
  if (value['kind'] === 'value') return { kind: 'value', value: value['value'] }
  const { bytes } = value
  // A copy: what was decoded would keep the whole message that it came in.
  if (value['kind'] === 'bytes' && bytes instanceof Uint8Array) return { kind: 'bytes', bytes: bytes.slice() }
  throw invalid(field, 'must be bytes or a value')
}

function identity(from: Fields, field: string): CoordinatorIdentity {
  const value = fields(from[field], field)
  return { epoch: epoch(value, 'epoch'), incarnation: name(value, 'incarnation') }
}

function eventKind(from: Fields): NetworkEventKind {
  const value = from['event']
  for (const kind of Object.values(NetworkEventKind)) if (kind === value) return kind
  throw invalid('event', 'must be 0, 1 or 2')
}

const endReasons: readonly EndReason[] = [
  'unused',
  'terminated',
  'health',
  'self',
  'fenced',
  'outranked',
  'drained',
  'withdrawn',
  'agent-closed'
]

function endReason(from: Fields, field: string): EndReason {
  const value = from[field]
  for (const reason of endReasons) if (reason === value) return reason
  throw invalid(field, `must be one of ${endReasons.join(', ')}`)
}
