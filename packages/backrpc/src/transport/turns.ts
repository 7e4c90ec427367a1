/**
 * Runs a function at the end of this turn of the event loop; when busy, once all that has arrived has been
 * handled.
 */
export function endOfTurn(run: () => void, busy: boolean): void {
  if (busy) setImmediate(run)
  else process.nextTick(run)
}

/**
 * Waits until what follows from a message that was just received has been sent, if that takes no longer than this
 * turn. To look for the next message takes a while, and would make a lone answer wait for it.
 */
export function answersFirst(): Promise<void> {
  return new Promise(nextTick)
}

function nextTick(resolve: () => void): void {
  process.nextTick(resolve)
}
