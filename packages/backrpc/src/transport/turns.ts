/**
 * Runs a function at the end of this turn of the event loop; when busy, once all that has arrived has been
 * handled.
 */
export function endOfTurn(run: () => void, busy: boolean): void {
  if (busy) setImmediate(run)
  else process.nextTick(run)
}
