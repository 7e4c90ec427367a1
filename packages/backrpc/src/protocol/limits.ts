/** The bounds of a session. Each side announces its own in the handshake; the sender keeps the receiver's. */
export interface SessionLimits {
  /** The longest payload of one request, answer or event, in bytes. @default 67108864 (64 MiB) */
  readonly payloadBytesMax: number
  /** Bytes on their way that the receiver has not acknowledged. @default 8388608 (8 MiB) */
  readonly windowBytes: number
  /** Requests that are being handled for this session at once. @default 8192 */
  readonly requestsMax: number
  /** Streams that are open at once, those that either side has opened counted apart. @default 4096 */
  readonly streamsMax: number
  /** Requests that wait on the sender's side for a place among those. Beyond: `OVERLOADED`. @default 65536 */
  readonly queuedRequestsMax: number
  /** Bytes of frames that wait on the sender's side for the window. Beyond: `OVERLOADED`. @default 134217728 */
  readonly queuedBytesMax: number
}

/** The limits of a session that is told nothing else. */
export const defaultSessionLimits: SessionLimits = {
  payloadBytesMax: 64 * 1024 * 1024,
  windowBytes: 8 * 1024 * 1024,
  requestsMax: 8192,
  streamsMax: 4096,
  queuedRequestsMax: 65_536,
  queuedBytesMax: 128 * 1024 * 1024
}

/** What surrounds payloads in a transport message, at most. */
export const messageOverheadBytes = 256 * 1024

/** The longest target, operation and origin, in bytes of UTF-8. */
export const textBytesMax = 2048

/** The longest encoded headers, in bytes. */
export const headersBytesMax = 16 * 1024

/** Longest time that can be named on the wire. */
export const durationMsMax = 0x7fffffff
