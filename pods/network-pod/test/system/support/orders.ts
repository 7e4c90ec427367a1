/** What the test tells a client's process to do, and what that answers. */

export interface Order {
  readonly id: number
  readonly via: 'reference' | 'connection'
  readonly operation: string
}

export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly error: string }
  | { readonly kind: 'event'; readonly event: unknown }

/** What the counter answers, and what it tells those who are connected. */
export interface Count {
  readonly count: number
  /** Different for every activation. */
  readonly activation: string
}
