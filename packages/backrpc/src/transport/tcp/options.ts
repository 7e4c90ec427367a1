/** Options of a TCP transport. */
export interface TcpOptions {
  /**
   * Connections that a listener has at a time; those beyond are closed as they come.
   *
   * @default 65536
   */
  readonly connectionsMax?: number
  /**
   * Bytes that may wait on one connection. When more wait and another message is sent, the other side has
   * stopped reading and loses its connection. A single message may be longer.
   *
   * @default 67108864 (64 MiB)
   */
  readonly unsentBytesMax?: number
  /**
   * Milliseconds for which a closed connection still tries to send what it was given. The end of the process
   * waits for it, though only if there is something left to send.
   *
   * @default 200
   */
  readonly lingerMs?: number
}

export type ResolvedTcpOptions = Required<TcpOptions>

const int32Max = 2_147_483_647

export function resolveTcpOptions(options: TcpOptions): ResolvedTcpOptions {
  return {
    connectionsMax: positive('connectionsMax', options.connectionsMax ?? 65_536),
    unsentBytesMax: positive('unsentBytesMax', options.unsentBytesMax ?? 64 * 1024 * 1024),
    lingerMs: positive('lingerMs', options.lingerMs ?? 200)
  }
}

function positive(name: keyof TcpOptions, value: number): number {
  if (Number.isInteger(value) && value > 0 && value <= int32Max) return value
  throw new RangeError(`${name} must be a whole number from 1 to ${int32Max}, not ${value}`)
}
