/** Options of a ZeroMQ transport. */
export interface ZeromqOptions {
  /**
   * Peers that a listener knows at a time. ZeroMQ does not say which peer has gone, so an entry stays until
   * the session above closes it; messages of peers beyond are dropped.
   *
   * @default 65536
   */
  readonly connectionsMax?: number
  /**
   * Messages that wait in each direction of a connection inside ZeroMQ. A peer for which more wait has
   * stopped reading and loses its connection.
   *
   * @default 10000
   */
  readonly highWaterMark?: number
  /**
   * Milliseconds that a dial may take.
   *
   * @default 1000
   */
  readonly connectTimeoutMs?: number
  /**
   * Milliseconds for which a closed socket still tries to send what it was given. The end of the process
   * waits for it, though only if there is something left to send.
   *
   * @default 200
   */
  readonly lingerMs?: number
  /**
   * Sockets of the context; a dialled connection takes three (its own, and two that watch it).
   *
   * @default 16384
   */
  readonly socketsMax?: number
}

export type ResolvedZeromqOptions = Required<ZeromqOptions>

const int32Max = 2_147_483_647

export function resolveZeromqOptions(options: ZeromqOptions): ResolvedZeromqOptions {
  return {
    connectionsMax: positive('connectionsMax', options.connectionsMax ?? 65_536),
    highWaterMark: positive('highWaterMark', options.highWaterMark ?? 10_000),
    connectTimeoutMs: positive('connectTimeoutMs', options.connectTimeoutMs ?? 1000),
    lingerMs: positive('lingerMs', options.lingerMs ?? 200),
    socketsMax: positive('socketsMax', options.socketsMax ?? 16_384)
  }
}

/** All of them become 32-bit numbers, where 0 and less mean something else to ZeroMQ. */
function positive(name: keyof ZeromqOptions, value: number): number {
  if (Number.isInteger(value) && value > 0 && value <= int32Max) return value
  throw new RangeError(`${name} must be a whole number from 1 to ${int32Max}, not ${value}`)
}
