/**
 * ZeroMQ does not tell a ROUTER which peer has gone, nor can a ROUTER let go of one peer. So whoever ends a
 * connection says so with a message that no session sends: two empty frames where there is otherwise one. It
 * comes behind everything sent before, and is only a courtesy: the session's pings find out without it.
 */

const empty = Buffer.alloc(0)

/** From a DEALER. */
export const endMarker: [Buffer, Buffer] = [empty, empty]

/** From a ROUTER, to the peer of this routing id. */
export function endMarkerTo(routingId: Buffer): [Buffer, Buffer, Buffer] {
  return [routingId, empty, empty]
}

/** Whether the frames of a message, `from` that index on, are the marker. */
export function isEndMarker(frames: readonly Buffer[], from: 0 | 1): boolean {
  return frames.length === from + 2 && frames[from]?.length === 0 && frames[from + 1]?.length === 0
}
