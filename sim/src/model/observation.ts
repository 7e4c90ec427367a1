import type { ActivationToken } from '@hcengineering/network-core'

/** One start of one agent's process. */
export interface Host {
  readonly agent: string
  readonly incarnation: number
}

/** Names one live object of a container, over the whole run. */
export type InstanceId = number

/** What was seen from outside: of containers, of what agents are told, of clients, of processes. */
export type Observation =
  // Containers
  /** A live object exists. It does not serve yet. */
  | ({
      readonly kind: 'made'
      readonly instance: InstanceId
      readonly uuid: string
      readonly containerKind: string
      readonly labels: readonly string[]
      /** Belongs to its agent, and can stand by. */
      readonly stateless: boolean
      /** When its factory was asked for it. */
      readonly askedAt: number
    } & Host)
  /** Something was handed to it. Only requests and streams have a name and come with a token. */
  | {
      readonly kind: 'dispatched'
      readonly instance: InstanceId
      readonly token?: ActivationToken | undefined
      readonly request?: string | undefined
      readonly idempotent?: boolean | undefined
    }
  /** A request has run in it to its end; whether it was told meanwhile that it may not serve. */
  | { readonly kind: 'worked'; readonly instance: InstanceId; readonly aborted: boolean }
  /** Something of it was let out. */
  | { readonly kind: 'output'; readonly instance: InstanceId }
  | { readonly kind: 'terminating' | 'terminated'; readonly instance: InstanceId }

  // What agents are told
  /** A lease: counted from when it was asked for. Renewed only before it has lapsed; by registering, always. */
  | ({ readonly kind: 'leased'; readonly sentAt: number; readonly registering: boolean } & Host)
  | ({
      readonly kind: 'granted'
      readonly uuid: string
      readonly token: ActivationToken
      /** What it was reported to have when it was told to go on: it is meant for none that had no token. */
      readonly had?: ActivationToken | undefined
    } & Host)
  /** A grant has been handed over; what follows says whether it was taken (`granted`) or `refused`. */
  | ({ readonly kind: 'offered'; readonly uuid: string; readonly token: ActivationToken } & Host)
  | ({ readonly kind: 'refused'; readonly uuid: string } & Host)
  /** Told that it may not serve this one any more. */
  | ({ readonly kind: 'revoked'; readonly uuid: string } & Host)
  /** It has registered, with these: seen before the lease that comes with that. */
  | ({
      readonly kind: 'registered'
      readonly sentAt: number
      readonly coordinator: string
      readonly reported: readonly string[]
    } & Host)
  /** A command of this coordinator was carried out. */
  | ({ readonly kind: 'obeyed'; readonly epoch: number; readonly coordinator: string } & Host)
  /** Told to end this one because nobody needs it. */
  | ({ readonly kind: 'unused'; readonly uuid: string } & Host)
  /** It has left the network of its own accord. */
  | ({ readonly kind: 'left' } & Host)

  // Clients
  | {
      readonly kind: 'asked'
      readonly client: string
      readonly operation: string
      readonly what: string
      /** By the client's clock. */
      readonly timeoutMs: number
    }
  | {
      readonly kind: 'settled'
      readonly operation: string
      /** An error's code; undefined when it succeeded. */
      readonly code?: string | undefined
    }
  /** A get has returned this. */
  | {
      readonly kind: 'held'
      readonly client: string
      readonly reference: string
      readonly uuid: string
      readonly asked: {
        readonly kind: string
        readonly uuid?: string | undefined
        readonly labels?: readonly string[] | undefined
      }
    }
  | { readonly kind: 'released'; readonly client: string; readonly reference: string }
  /** A request was answered by this. */
  | {
      readonly kind: 'answered'
      readonly operation: string
      readonly request: string
      readonly uuid: string
      readonly by: {
        readonly instance: InstanceId
        readonly uuid: string
        readonly request: string | undefined
      }
    }
  /** A broadcast has reached a connection. */
  | {
      readonly kind: 'event'
      readonly connection: string
      readonly instance: InstanceId
      readonly number: number
    }
  /** An event of the network has reached a subscriber: a container serves under this token. */
  | {
      readonly kind: 'announced'
      readonly client: string
      readonly uuid: string
      readonly token: ActivationToken
    }

  // Processes
  | { readonly kind: 'started' | 'killed' | 'stopped' | 'continued'; readonly process: string }
  /** Its wall clock has jumped ahead. */
  | { readonly kind: 'jumped'; readonly process: string }
  /** A fault has touched it, or ceased to; so many touch it now. */
  | {
      readonly kind: 'disturbed'
      readonly process: string
      readonly faults: number
      /** What it is, if it is there; several can be. */
      readonly by: string
    }
  /** Whatever had a deadline in the past should have settled. */
  | { readonly kind: 'finished' }

/** Something that must not be. */
export interface Violation {
  /** `I1`, … as in ARCHITECTURE.md, or another name for what is broken. */
  readonly invariant: string
  /** Milliseconds since the start. */
  readonly at: number
  readonly text: string
}

/** What a part of the model does with what was seen; what it does not name is none of its business. */
export type Handlers = {
  readonly [K in Observation['kind']]?: (seen: Observation & { readonly kind: K }, at: number) => void
}

/** A part of the model: looks at observations, and says what is wrong with them. */
export interface Check {
  readonly on: Handlers
}

/** Where checks report what must not be. */
export type Report = (invariant: string, text: string) => void
