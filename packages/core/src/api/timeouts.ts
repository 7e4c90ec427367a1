/**
 * The defaults of the network's clocks, in seconds.
 *
 * A coordinator takes its own as options of `NetworkImpl`; these are what it takes when told nothing.
 */
export const timeouts = {
  /** After this silence an agent is taken for dead and a client's references are dropped. */
  aliveTimeout: 3,
  /** How often clients and agents say that they are alive. */
  pingInterval: 1,
  /** How long a container that nobody refers to stays. */
  unusedContainerTimeout: 3
} as const

/** An agent's lease as a share of the alive timeout: it stops serving before the coordinator gives up on it. */
export const leaseShare = 0.8
