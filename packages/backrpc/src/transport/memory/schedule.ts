/** The nodes at the two ends of a link, in the direction of what travels. */
export interface MemoryLink {
  readonly from: string
  readonly to: string
}

/**
 * Decides when the next thing on a link arrives: it must call `deliver` once, later, never from within its
 * own call. Not calling it at all leaves what is queued there waiting. The order on a link is kept whatever
 * the schedule does: a call delivers the oldest thing queued, not a certain one.
 */
export type Schedule = (deliver: () => void, link: MemoryLink) => void

// Taken when the module loads, so that a test's fake timers do not stop deliveries.
const nextTurn = setImmediate

/** So many rounds of microtasks, then a turn for the event loop. */
const roundsPerTurn = 256

/**
 * The default schedule: first in, first out, all that is due in one microtask. Two ends that answer each other
 * at once would keep the microtask queue busy for ever and starve timers and sockets, so now and then a round
 * waits for the next turn of the event loop.
 */
export function microtaskSchedule(): Schedule {
  let due: Array<() => void> = []
  let rounds = 0

  const run = (): void => {
    const now = due
    due = []
    let delivered = 0
    try {
      for (const deliver of now) {
        delivered++
        deliver()
      }
    } finally {
      // One end's fault is reported as uncaught, and does not lose the deliveries of the others.
      if (delivered < now.length) {
        due = [...now.slice(delivered), ...due]
        queueMicrotask(run)
      }
    }
  }

  return (deliver) => {
    due.push(deliver)
    if (due.length > 1) return
    rounds++
    if (rounds % roundsPerTurn === 0) nextTurn(run)
    else queueMicrotask(run)
  }
}
