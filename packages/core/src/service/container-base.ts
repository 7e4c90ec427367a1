import { BroadcastGroup } from '../api/broadcast-group.ts'
import type { Broadcast, Container, FinishReason, RequestContext } from '../api/container.ts'
import type { Data } from '../api/data.ts'
import { NetworkError, toNetworkError } from '../api/errors.ts'
import type { ClientUuid } from '../api/ids.ts'
import { silentLogger, type Logger } from '../api/logger.ts'
import type { Clock } from '../time/clock.ts'
import { systemClock } from '../time/system-clock.ts'
import { Activity } from './activity.ts'
import { detachedContext } from './detached-context.ts'
import { TurnQueue } from './turn-queue.ts'

/** What a container is besides what {@link ContainerBase} does for it: only `request` is needed. */
export interface ContainerLogic {
  /** Answers a request; a promise, or the answer itself. */
  request(operation: string, data: Data, context: RequestContext): unknown
  /** Serves a stream. */
  stream?(operation: string, data: Data, context: RequestContext): AsyncIterable<unknown>
  /** A client has opened its first connection, and hears events from now on, also those that are sent in here. */
  connected?(clientId: ClientUuid): void | Promise<void>
  /** The client has closed its last connection, or has gone. */
  disconnected?(clientId: ClientUuid): void | Promise<void>
  /** Throws, or rejects, when it is not well. Without it, it always is. */
  health?(): void | Promise<void>
  /** Nothing runs in it and nobody is connected, for `idleAfterMs` by now. */
  idle?(): void | Promise<void>
  /** It is to end, and does not before this has settled and what it was asked is answered: see `Container.finish`. */
  finish?(reason: FinishReason): void | Promise<void>
  /** What the next activation is to have: see `Container.snapshot`. */
  snapshot?(): unknown
  /** What the last activation has handed over to this one, which stood by: see `Container.restore`. */
  restore?(snapshot: Data): void
  /** It ends. Events that are sent in here still arrive. */
  terminate?(): void | Promise<void>
}

/** Options of {@link ContainerBase}. */
export interface ContainerBaseOptions {
  /**
   * `parallel`: requests run side by side, started in the order in which they came. `sequential`: one at a time, in
   * that order, except for those that came, over other containers, from the one that runs: they get in at once, as it
   * waits for them. Streams take no turn.
   *
   * @default parallel
   */
  concurrency?: 'parallel' | 'sequential' | undefined
  /** Requests that wait for their turn at most; beyond, `OVERLOADED`. @default 10000 */
  waitingMax?: number | undefined
  /**
   * How long a request waits for its turn, in milliseconds; then it ends with `OVERLOADED`, unseen. It is also what
   * ends the wait of two containers for each other.
   *
   * @default 10000
   */
  turnTimeoutMs?: number | undefined
  /** How long nothing has to go on before `idle` is called, in milliseconds. @default 0 */
  idleAfterMs?: number | undefined
  /** @default its agent's, else the system's */
  clock?: Clock | undefined
  /** @default its agent's, else says nothing */
  logger?: Logger | undefined
}

/**
 * A container that needs only its own logic: keeps who is connected, sends events to them, answers health checks,
 * lets one request at a time in if told to, and ends once what it was asked is answered.
 *
 * @example
 * ```ts
 * import { ContainerBase } from '@hcengineering/network-core'
 *
 * export function counter(): ContainerBase {
 *   let count = 0
 *   const container = new ContainerBase({
 *     request: async (_operation, data: { by: number }) => {
 *       count += data.by
 *       await container.listeners.publish({ count })
 *       return count
 *     }
 *   })
 *   return container
 * }
 * ```
 */
export class ContainerBase implements Container {
  /** Who is connected. */
  readonly listeners = new BroadcastGroup()
  readonly stream?: (operation: string, data: Data, context: RequestContext) => AsyncIterable<unknown>
  readonly snapshot?: () => unknown
  readonly restore?: (snapshot: Data) => void
  onTerminated: (() => void) | undefined

  private readonly logic: ContainerLogic
  private readonly clock: Clock
  private readonly logger: Logger
  private readonly turnTimeoutMs: number
  /** Undefined where requests run side by side. */
  private readonly turns: TurnQueue | undefined
  /** Undefined where nobody wants to know. */
  private readonly activity: Activity | undefined
  private cancelExpiry: (() => void) | undefined

  /** @throws NetworkError `INVALID_ARGUMENT` naming the option */
  constructor(logic: ContainerLogic, options: ContainerBaseOptions = {}) {
    this.logic = logic
    this.clock = options.clock ?? systemClock
    this.logger = options.logger ?? silentLogger
    this.turnTimeoutMs = milliseconds(options.turnTimeoutMs ?? 10_000, 'turnTimeoutMs')
    const waitingMax = options.waitingMax ?? 10_000
    if (!Number.isSafeInteger(waitingMax) || waitingMax < 0) {
      throw new NetworkError('INVALID_ARGUMENT', `waitingMax must be a whole number, got ${waitingMax}`)
    }
    if (isSequential(options.concurrency)) this.turns = new TurnQueue(waitingMax)
    const idleAfterMs = milliseconds(options.idleAfterMs ?? 0, 'idleAfterMs')
    if (logic.idle !== undefined) {
      this.activity = new Activity(this.clock, idleAfterMs, () => this.callIdle())
    }
    // Only what the logic has is there: whether a container hands something over is seen by its methods.
    if (logic.stream !== undefined) this.stream = (...call) => this.serveStream(...call)
    if (logic.snapshot !== undefined) this.snapshot = () => logic.snapshot?.()
    if (logic.restore !== undefined) this.restore = (snapshot) => logic.restore?.(snapshot)
  }

  request(
    operation: string,
    data?: Data,
    clientId?: ClientUuid,
    context: RequestContext = detachedContext(clientId)
  ): Promise<unknown> {
    const { turns, activity } = this
    if (turns === undefined && activity === undefined) return this.run(operation, data, context)
    activity?.begin()
    const answer =
      turns === undefined
        ? this.run(operation, data, context)
        : this.runInTurn(turns, operation, data, context)
    return activity === undefined ? answer : answer.finally(() => activity.end())
  }

  async connect(clientId: ClientUuid, broadcast: Broadcast): Promise<void> {
    this.listeners.connect(clientId, broadcast)
    this.activity?.begin()
    try {
      await this.logic.connected?.(clientId)
    } catch (error) {
      this.forget(clientId)
      throw error
    }
  }

  async disconnect(clientId: ClientUuid): Promise<void> {
    this.forget(clientId)
    await this.logic.disconnected?.(clientId)
  }

  async ping(): Promise<void> {
    await this.logic.health?.()
  }

  async finish(reason: FinishReason): Promise<void> {
    await this.logic.finish?.(reason)
  }

  async terminate(): Promise<void> {
    this.stop()
    await this.logic.terminate?.()
  }

  /** It has ended by itself. */
  end(): void {
    this.stop()
    this.onTerminated?.()
  }

  private stop(): void {
    this.activity?.stop()
    this.cancelExpiry?.()
    this.turns?.refuseAll(
      new NetworkError('NOT_SERVING', 'the container ends, and this call was not begun', { retryable: true })
    )
  }

  private run(operation: string, data: Data, context: RequestContext): Promise<unknown> {
    try {
      return Promise.resolve(this.logic.request(operation, data, context))
    } catch (error) {
      return Promise.reject(toNetworkError(error))
    }
  }

  private runInTurn(
    turns: TurnQueue,
    operation: string,
    data: Data,
    context: RequestContext
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const { chain } = context
      const done = (): void => turns.leave(chain)
      turns.enter({
        chain,
        until: this.clock.now() + this.turnTimeoutMs,
        begin: () => {
          const answer = this.run(operation, data, context)
          answer.then(done, done)
          resolve(answer)
        },
        refuse: reject
      })
      this.watchExpiry(turns)
    })
  }

  /** One timer, for whoever has waited longest. */
  private watchExpiry(turns: TurnQueue): void {
    const next = turns.nextExpiry()
    if (next === undefined || this.cancelExpiry !== undefined) return
    this.cancelExpiry = this.clock.after(Math.max(0, next - this.clock.now()), () => {
      this.cancelExpiry = undefined
      turns.expire(this.clock.now())
      this.watchExpiry(turns)
    })
  }

  private serveStream(operation: string, data: Data, context: RequestContext): AsyncIterable<unknown> {
    const items = this.logic.stream?.(operation, data, context)
    if (items === undefined) throw new NetworkError('UNKNOWN_OPERATION', `there is no stream '${operation}'`)
    return this.activity === undefined ? items : watched(items, this.activity)
  }

  private forget(clientId: ClientUuid): void {
    const { size } = this.listeners
    this.listeners.disconnect(clientId)
    if (this.listeners.size < size) this.activity?.end()
  }

  private callIdle(): void {
    const report = (error: unknown): void => this.logger.warn({ error }, 'idle failed')
    try {
      Promise.resolve(this.logic.idle?.()).catch(report)
    } catch (error) {
      report(error)
    }
  }
}

async function* watched(items: AsyncIterable<unknown>, activity: Activity): AsyncGenerator {
  activity.begin()
  try {
    yield* items
  } finally {
    activity.end()
  }
}

function isSequential(concurrency: ContainerBaseOptions['concurrency']): boolean {
  if (concurrency === undefined || concurrency === 'parallel') return false
  if (concurrency === 'sequential') return true
  throw new NetworkError(
    'INVALID_ARGUMENT',
    `concurrency must be 'parallel' or 'sequential', got ${JSON.stringify(concurrency)}`
  )
}

function milliseconds(value: number, name: string): number {
  if (typeof value === 'number' && value >= 0 && value <= 86_400_000) return value
  throw new NetworkError(
    'INVALID_ARGUMENT',
    `${name} must be a number of milliseconds from 0 to 86400000, got ${String(value)}`
  )
}
