/** What the workload does. Whoever is not there, or has nothing to do it with, does nothing. */
export type Work =
  | {
      readonly do: 'get'
      readonly client: string
      readonly kind: string
      readonly uuid?: string
      readonly labels?: readonly string[]
      readonly timeoutMs: number
      /** Whether to open a connection, too. */
      readonly connect: boolean
    }
  /** `pick` chooses among what the client holds. */
  | { readonly do: 'release'; readonly client: string; readonly pick: number }
  | {
      readonly do: 'request'
      readonly client: string
      readonly pick: number
      /** How long the container works on it. */
      readonly workMs: number
      readonly timeoutMs: number
      readonly idempotent: boolean
    }
  | {
      readonly do: 'stream'
      readonly client: string
      readonly pick: number
      readonly items: number
      readonly gapMs: number
      readonly timeoutMs: number
    }
  | { readonly do: 'broadcast'; readonly client: string; readonly pick: number; readonly events: number }
  /** An agent leaves, and registers again at once. */
  | { readonly do: 'register'; readonly agent: string }
  /** An agent is told to end: it drains, leaves, and its process ends. Started again after `downMs`. */
  | { readonly do: 'drain'; readonly agent: string; readonly downMs: number }
  /** An agent ends one of its containers. */
  | { readonly do: 'terminate'; readonly agent: string; readonly pick: number }

/** What goes wrong. Times are how long it lasts; without one, it lasts until all is healed. */
export type Fault =
  | {
      readonly fault: 'crash'
      readonly node: string
      readonly downMs?: number
      /** Its machine lost its power: nobody tells the other ends. */
      readonly powerLoss: boolean
    }
  | { readonly fault: 'stop' | 'suspend'; readonly node: string; readonly forMs?: number }
  /** Another process of the same agent is started while the first one is stopped, cut off or as well as ever. */
  | {
      readonly fault: 'twin'
      readonly node: string
      readonly first: 'stopped' | 'cut' | 'well'
      /** How long that lasts: less than the other one lives, or as long. */
      readonly firstMs: number
      /** Whether the other one's machine loses its power in the end. */
      readonly powerLoss: boolean
      readonly forMs?: number
    }
  | {
      readonly fault: 'cut'
      readonly from: string
      readonly to: string
      readonly bothWays: boolean
      readonly forMs?: number
    }
  | {
      readonly fault: 'delay'
      readonly from: string
      readonly to: string
      readonly extraMs: number
      /** Only connections that there are now: newer ones overtake them. */
      readonly oldOnly: boolean
      readonly forMs: number
    }
  | { readonly fault: 'reset'; readonly node: string; readonly other?: string }
  /** A dial of it arrives once more. */
  | { readonly fault: 'duplicate'; readonly node: string; readonly pick: number }
  /** The coordinator's disk is lost with it, and its wall clock is set back. */
  | {
      readonly fault: 'newDisk'
      readonly downMs: number
      readonly jumpMs: number
      /** So far back that the next one takes the epoch of the one that was lost. */
      readonly sameEpoch: boolean
    }
  | { readonly fault: 'slowDisk'; readonly latencyMs: number; readonly forMs: number }
  | { readonly fault: 'clockRate'; readonly node: string; readonly rate: number }
  | { readonly fault: 'wallClock'; readonly node: string; readonly jumpMs: number }
  | {
      readonly fault: 'factories'
      readonly node: string
      readonly mode: 'slow' | 'fail' | 'hang'
      readonly slowMs: number
      readonly forMs: number
    }
  | {
      readonly fault: 'terminate'
      readonly node: string
      readonly mode: 'slow' | 'hang'
      readonly slowMs: number
      readonly forMs: number
    }

export type FaultName = Fault['fault']

/** Something that happens at a time, in milliseconds since the start. */
export type Action = { readonly at: number } & (Work | Fault)

/**
 * What a run is made of: the seed alone decides it, and running it needs nothing else, so that a part of it can
 * be run, too.
 */
export interface Script {
  readonly seed: number
  /** `heal`: faults end, and all must be well. `core`: faults outside a healthy core stay, and it must be live. */
  readonly mode: 'heal' | 'core'
  /** When faults end, or may no longer touch the core. */
  readonly chaosMs: number
  readonly actions: readonly Action[]
}

export function isFault(action: Action): action is { readonly at: number } & Fault {
  return 'fault' in action
}
