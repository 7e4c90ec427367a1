import type { Check, Handlers, Report } from './observation.ts'

interface Asked {
  readonly client: string
  readonly what: string
  readonly at: number
  readonly timeoutMs: number
  /** How long its process had been stopped when this was asked. */
  readonly stoppedBefore: number
  settled: boolean
}

/** What a client may wait beyond its deadline: a get's answer is given half a second more. */
const graceMs = 600

/** Errors that no caller is to see: they speak of a fault in the program. */
const notForCallers = new Set(['INTERNAL', 'NOT_A_NETWORK_ERROR', 'INVALID_MESSAGE'])

/** I7: all that is asked settles once, by its deadline. I8: a request runs once. I9: the right one answers. */
export class Requests implements Check {
  readonly #rateMin: number
  readonly #report: Report
  readonly #asked = new Map<string, Asked>()
  readonly #dispatched = new Map<string, number>()
  readonly #stopped = new Map<string, { totalMs: number; since: number | undefined }>()

  constructor(rateMin: number, report: Report) {
    this.#rateMin = rateMin
    this.#report = report
  }

  readonly on: Handlers = {
    asked: ({ client, operation, what, timeoutMs }, at) => {
      const stoppedBefore = this.#stoppedMs(client, at)
      this.#asked.set(operation, { client, what, at, timeoutMs, stoppedBefore, settled: false })
    },
    settled: ({ operation, code }, at) => this.#settled(operation, code, at),
    dispatched: ({ request, idempotent, instance }) => this.#ran(request, idempotent ?? false, instance),
    answered: ({ by, request, uuid }) => {
      if (by.uuid === uuid && by.request === request) return
      this.#report('I9', `${request} for ${uuid} was answered by ${by.uuid}, as ${by.request ?? 'nothing'}`)
    },
    stopped: ({ process }, at) => {
      this.#stop(process).since ??= at
    },
    continued: ({ process }, at) => {
      const stop = this.#stop(process)
      if (stop.since !== undefined) stop.totalMs += at - stop.since
      stop.since = undefined
    },
    killed: ({ process }) => {
      for (const asked of this.#asked.values()) if (asked.client === process) asked.settled = true
      this.#stopped.delete(process)
    },
    finished: (_seen, at) => {
      for (const [operation, asked] of this.#asked) {
        if (asked.settled || this.#overdueMs(asked, at) <= 0) continue
        this.#report('I7', `${operation} (${asked.what}) of ${asked.client} never settles`)
      }
    }
  }

  #settled(operation: string, code: string | undefined, at: number): void {
    const asked = this.#asked.get(operation)
    if (asked === undefined) return
    if (asked.settled) {
      this.#report('I7', `${operation} (${asked.what}) of ${asked.client} settles twice`)
      return
    }
    asked.settled = true
    const lateMs = this.#overdueMs(asked, at)
    if (lateMs > 0) {
      this.#report(
        'I7',
        `${operation} (${asked.what}) of ${asked.client} settles ${Math.round(lateMs)} ms too late`
      )
    }
    if (code !== undefined && notForCallers.has(code)) {
      this.#report('I7', `${operation} (${asked.what}) of ${asked.client} fails with ${code}`)
    }
  }

  #ran(request: string | undefined, idempotent: boolean, instance: number): void {
    if (request === undefined) return
    const before = this.#dispatched.get(request)
    if (before !== undefined && !idempotent) {
      this.#report('I8', `${request} runs on instance ${instance}, after it ran on instance ${before}`)
    }
    this.#dispatched.set(request, instance)
  }

  #overdueMs(asked: Asked, at: number): number {
    const stoppedMs = this.#stoppedMs(asked.client, at) - asked.stoppedBefore
    return at - asked.at - stoppedMs - (asked.timeoutMs + graceMs) / this.#rateMin
  }

  #stoppedMs(process: string, at: number): number {
    const stop = this.#stopped.get(process)
    if (stop === undefined) return 0
    return stop.totalMs + (stop.since === undefined ? 0 : at - stop.since)
  }

  #stop(process: string): { totalMs: number; since: number | undefined } {
    let stop = this.#stopped.get(process)
    if (stop === undefined) {
      stop = { totalMs: 0, since: undefined }
      this.#stopped.set(process, stop)
    }
    return stop
  }
}
