import type { Check, Observation, Report } from './observation.ts'

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
  readonly #dead = new Set<string>()

  constructor(rateMin: number, report: Report) {
    this.#rateMin = rateMin
    this.#report = report
  }

  observe(seen: Observation, at: number): void {
    switch (seen.kind) {
      case 'asked': {
        const { client, what, timeoutMs } = seen
        const stoppedBefore = this.#stoppedMs(client, at)
        this.#asked.set(seen.operation, { client, what, at, timeoutMs, stoppedBefore, settled: false })
        return
      }
      case 'settled':
        this.#settled(seen.operation, seen.code, at)
        return
      case 'dispatched':
        this.#ran(seen.request, seen.idempotent ?? false, seen.instance)
        return
      case 'answered': {
        const { by, request, uuid } = seen
        if (by.uuid !== uuid || by.request !== request) {
          this.#report(
            'I9',
            `${request} for ${uuid} was answered by ${by.uuid}, as ${by.request ?? 'nothing'}`
          )
        }
        return
      }
      case 'stopped':
        this.#stop(seen.process).since ??= at
        return
      case 'continued': {
        const stop = this.#stop(seen.process)
        if (stop.since !== undefined) stop.totalMs += at - stop.since
        stop.since = undefined
        return
      }
      case 'killed':
        this.#dead.add(seen.process)
        for (const asked of this.#asked.values()) if (asked.client === seen.process) asked.settled = true
        return
      case 'finished':
        for (const [operation, asked] of this.#asked) {
          if (!asked.settled && this.#overdueMs(asked, at) > 0) {
            this.#report('I7', `${operation} (${asked.what}) of ${asked.client} never settles`)
          }
        }
        return
      default:
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
