export const itemBytes = 64 * 1024
/** 1 GiB of them. */
export const itemsTotal = 16_384

/** What a process that reads a long stream says of it. Sizes are in bytes, memory above what it began with. */
export interface LongStreamFigures {
  readonly ended: boolean
  readonly read: number
  /** Items that did not arrive as they were sent. */
  readonly wrong: number
  /** Produced, but not read, while the reader stood still. */
  readonly stoppedAhead: number
  /** Items that were produced in the second half of that time. */
  readonly producedWhileStopped: number
  /** The most that was produced but not read, over the whole stream. */
  readonly aheadMax: number
  /** Heap and buffers in use while the reader stood still. */
  readonly stoppedInUse: number
  /** What the system counted for the process then: with it, what the transports hold. */
  readonly stoppedResident: number
  /** The most heap and buffers in use, over the whole stream. */
  readonly inUseMax: number
}
