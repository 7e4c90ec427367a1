import type { RequestFrame } from '../protocol/frames.ts'

/** How a request ended: an encoded result, or an error whose flags say what is known of it. */
export type Settle = (error: Error | undefined, payload: Uint8Array | undefined) => void

/** A request of ours that is not settled. Owned by its session. */
export interface OutgoingCall {
  readonly frame: RequestFrame
  readonly settle: Settle
  /** Whether it may run twice: then it is sent again to a peer that has forgotten it. */
  readonly idempotent: boolean
  /** When the caller stops waiting. */
  readonly deadline: number
  /** The batch that carries it; 0 while it waits. */
  sequence: number
  /** How long the caller waits, in milliseconds. */
  readonly timeoutMs: number
}
