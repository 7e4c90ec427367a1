import { compareIdentities } from './identity.ts'
import type { CoordinatorIdentity } from '../contract/ports.ts'

/** A moment on both clocks: the monotonic one stands still while the machine is suspended, the other jumps. */
export interface Moment {
  readonly now: number
  readonly wallTime: number
}

/** What an agent's right to serve rests on. */
export type LeaseState =
  /** Never bound to a coordinator: its own master, and reachable by nobody else. */
  | { readonly kind: 'unbound' }
  /** Bound, and not yet registered, or no longer. */
  | { readonly kind: 'none' }
  | {
      readonly kind: 'held'
      readonly coordinator: CoordinatorIdentity
      readonly from: Moment
      readonly lengthMs: number
    }

/**
 * An agent's lease: counted from the moment the last acknowledged ping was **sent**, by the larger of
 * monotonic and wall-clock elapsed time. (C. Gray and D. Cheriton, "Leases", 1989.)
 *
 * - I1: `valid` is asked in the same turn in which something is dispatched or let out.
 * - I3: remembers the newest coordinator obeyed, and takes no lease from an older one, nor from another of
 *   the same epoch.
 */
export class Lease {
  private state: LeaseState = { kind: 'unbound' }
  private newest: CoordinatorIdentity | undefined

  /** The newest coordinator obeyed. */
  get seen(): CoordinatorIdentity | undefined {
    return this.newest
  }

  get bound(): boolean {
    return this.state.kind !== 'unbound'
  }

  /** The coordinator that the lease is from, valid or not. */
  get holder(): CoordinatorIdentity | undefined {
    return this.state.kind === 'held' ? this.state.coordinator : undefined
  }

  bind(): void {
    if (this.state.kind === 'unbound') this.state = { kind: 'none' }
  }

  /** Gives the lease up: nothing is served from here on. */
  surrender(): void {
    this.state = { kind: 'none' }
  }

  /** Whether this coordinator may be obeyed. */
  accepts(coordinator: CoordinatorIdentity): boolean {
    return this.newest === undefined || compareIdentities(coordinator, this.newest) !== 'refused'
  }

  grant(coordinator: CoordinatorIdentity, sent: Moment, lengthMs: number): void {
    this.newest = coordinator
    this.state = { kind: 'held', coordinator, from: sent, lengthMs }
  }

  /** A ping that was sent at that moment has been acknowledged. An answer that comes late shortens nothing. */
  renew(sent: Moment): void {
    const { state } = this
    if (state.kind !== 'held' || sent.now < state.from.now) return
    this.state = { ...state, from: sent }
  }

  /** Whether anything may be served at this moment. */
  valid(moment: Moment): boolean {
    const { state } = this
    if (state.kind === 'unbound') return true
    return state.kind === 'held' && elapsed(state.from, moment) < state.lengthMs
  }

  /** What is left, in milliseconds. */
  remaining(moment: Moment): number {
    const { state } = this
    return state.kind === 'held' ? Math.max(0, state.lengthMs - elapsed(state.from, moment)) : 0
  }
}

/** How long it has been, by the clock of the two that says more. */
export function elapsed(from: Moment, to: Moment): number {
  return Math.max(to.now - from.now, to.wallTime - from.wallTime)
}
