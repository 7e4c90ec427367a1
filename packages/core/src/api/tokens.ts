/**
 * A fencing token: it orders the activations of a uuid over the whole life of the network. A store that
 * remembers the highest token it has seen can refuse the writes of an activation that lost its right.
 * (The pattern is described in M. Kleppmann, "How to do distributed locking", 2016.)
 */
export interface ActivationToken {
  /** The coordinator incarnation that granted it; every incarnation has a higher one. */
  readonly epoch: number
  /** Counts the grants within the epoch. */
  readonly sequence: number
}

/** Negative when `a` is older than `b`, 0 when they are equal, positive when it is newer. */
export function compareTokens(a: ActivationToken, b: ActivationToken): number {
  return a.epoch - b.epoch || a.sequence - b.sequence
}
