/** What chaos and the programs that it starts say to each other. */

import type { TransportName } from './transports.ts'

/** What both kinds of members are told when they start. */
interface MemberSettings {
  /** Of this process alone: one that is started again has another. */
  readonly life: string
  readonly coordinator: string
  readonly transport: TransportName
  /** Where histories are written. */
  readonly folder: string
}

/** What an agent is told when it starts, as JSON in its argument. */
export interface AgentSettings extends MemberSettings {
  readonly agent: string
  /** As others reach it, `host:port`. */
  readonly endpoint: string
  readonly bindHost: string
  /** The highly available container that every agent brings along. */
  readonly leader: string
}

/** What a client is told when it starts, as JSON in its argument. */
export interface ClientSettings extends MemberSettings {
  readonly client: string
  /** Containers that all clients use all the time. */
  readonly shared: readonly string[]
  readonly leader: string
  /** Containers that this one alone refers to. */
  readonly own: readonly string[]
}

/** An answer that a client has got. */
export interface Answer {
  readonly type: 'answer'
  readonly client: string
  readonly uuid: string
  readonly via: 'reference' | 'connection'
  readonly agent: string
  readonly instance: string
  readonly askedAt: number
  readonly at: number
}

/** What a member says. */
export type Report =
  | { readonly type: 'ready' }
  /** A container of this agent is being ended. */
  | { readonly type: 'ended'; readonly uuid: string; readonly at: number }
  | Answer
  | { readonly type: 'agents'; readonly agents: readonly string[] }
  /** All requests have settled. */
  | { readonly type: 'stopped' }

/** What a client is asked for. */
export type Order = { readonly type: 'agents' } | { readonly type: 'stop' }
