/** The code of an error of ZeroMQ or Node. */
export function errorCode(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return String(error)
}

/** For a failure that changes nothing any more. */
export function ignore(): void {}

/** Reports a fault of the program: it becomes an uncaught exception, as with an event emitter. */
export function report(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}

/** Calls into the session above. What it throws is reported; the loop that receives for everybody goes on. */
export function guarded(call: () => void): void {
  try {
    call()
  } catch (error) {
    report(error)
  }
}
