import type { ConnectionEvents, Transport, TransportConnection } from '@hcengineering/network-backrpc'
import type { Clock } from '@hcengineering/network-core'

type State = 'running' | 'paused' | 'killed'

/** What a {@link SimProcess} stands on. */
export interface SimProcessOptions {
  /** Its name on the network; restarted, it has the same. */
  readonly name: string
  /** Which start of it this is, from 1. */
  readonly incarnation: number
  /** The clock of its machine. */
  readonly clock: Clock
  /** Runs something at this very instant, though not within the call: so comes, one by one, what has waited. */
  readonly soon: (run: () => void) => void
  readonly transport: Transport
  /** Hears of every message that it handles. */
  readonly delivered: (bytes: Uint8Array) => void
  /** Its listeners and connections are gone, and the other ends hear that, if anybody tells them. */
  readonly crashed: () => void
}

/** What a pause holds up. */
interface Waiting {
  readonly run: () => void
  readonly isTimer: boolean
}

/**
 * A process of a simulation: everything reaches it through its clock, its transport and {@link enter}, and leaves it
 * through its transport. Killed, it does nothing more. Paused, all of that waits, and comes one by one and in order
 * once it goes on; every other time its timers come first, as with an event loop that was not stopped while it waited
 * for messages. Code that looks at neither clock nor transport is not held up.
 */
export class SimProcess {
  readonly name: string
  readonly incarnation: number
  readonly clock: Clock
  readonly transport: Transport
  readonly #options: SimProcessOptions
  readonly #hellos = new Map<string, Uint8Array>()
  readonly #timers = new Set<() => void>()
  #backlog: Waiting[] = []
  #pauses = 0
  #state: State = 'running'
  #draining = false
  #heldUp = 0

  constructor(options: SimProcessOptions) {
    const { clock, transport } = options
    this.name = options.name
    this.incarnation = options.incarnation
    this.#options = options
    this.clock = {
      now: () => clock.now(),
      wallTime: () => clock.wallTime(),
      after: (delayMs, handler) => this.#after(delayMs, handler)
    }
    this.transport = { name: transport.name, listen: this.#listen, dial: this.#dial }
  }

  get state(): State {
    return this.#state
  }

  get alive(): boolean {
    return this.#state !== 'killed'
  }

  /** How much was held up by pauses so far. */
  get heldUp(): number {
    return this.#heldUp
  }

  /** What this process greeted each address with last. */
  get hellos(): ReadonlyMap<string, Uint8Array> {
    return this.#hellos
  }

  /** As SIGKILL does. */
  kill(): void {
    if (this.#state === 'killed') return
    this.#state = 'killed'
    this.#backlog = []
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
    this.#options.crashed()
  }

  /** As SIGSTOP does. */
  pause(): void {
    if (this.#state !== 'running') return
    this.#state = 'paused'
    this.#pauses++
  }

  /** As SIGCONT does. */
  resume(): void {
    if (this.#state !== 'paused') return
    this.#state = 'running'
    if (this.#pauses % 2 === 0) {
      this.#backlog = [
        ...this.#backlog.filter(({ isTimer }) => isTimer),
        ...this.#backlog.filter(({ isTimer }) => !isTimer)
      ]
    }
    this.#drain()
  }

  /** Runs something in this process: now, when it goes on, or never. */
  enter(run: () => void): void {
    this.#enter(run, false)
  }

  #enter(run: () => void, isTimer: boolean): void {
    if (this.#state === 'killed') return
    if (this.#state === 'paused') this.#heldUp++
    if (this.#state === 'paused' || this.#backlog.length > 0) this.#backlog.push({ run, isTimer })
    else run()
  }

  #drain(): void {
    if (this.#draining || this.#backlog.length === 0) return
    this.#draining = true
    this.#options.soon(() => {
      this.#draining = false
      if (this.#state !== 'running') return
      const next = this.#backlog.shift()
      // Set before it runs: what it throws must not keep the rest from running.
      this.#drain()
      next?.run()
    })
  }

  #after(delayMs: number, handler: () => void): () => void {
    if (this.#state === 'killed') return () => {}
    let cancelled = false
    // Guarded: while it waits in a paused process, another handler may cancel it.
    const run = (): void => {
      if (!cancelled) handler()
    }
    const cancelTimer = this.#options.clock.after(delayMs, () => {
      this.#timers.delete(cancelTimer)
      this.#enter(run, true)
    })
    this.#timers.add(cancelTimer)
    return () => {
      cancelled = true
      this.#timers.delete(cancelTimer)
      cancelTimer()
    }
  }

  readonly #listen: Transport['listen'] = (options, limits, accept) =>
    this.#options.transport.listen(options, limits, (inner) => {
      let events: ConnectionEvents | undefined
      this.enter(() => {
        events = accept(this.#wrap(inner))
      })
      return this.#eventsOf(() => events)
    })

  readonly #dial: Transport['dial'] = (address, limits, events) => {
    const inner = this.#options.transport.dial(
      address,
      limits,
      this.#eventsOf(() => events)
    )
    return this.#wrap(inner, address)
  }

  #wrap(inner: TransportConnection, dialled?: string): TransportConnection {
    let greets = dialled !== undefined
    return {
      get remote() {
        return inner.remote
      },
      copies: inner.copies,
      get bufferedBytes() {
        return inner.bufferedBytes
      },
      send: (message) => {
        if (this.#state === 'killed') return
        if (greets && dialled !== undefined) this.#hellos.set(dialled, message)
        greets = false
        if (this.#state === 'running' && this.#backlog.length === 0) inner.send(message)
        else this.enter(() => inner.send(message))
      },
      close: () => this.enter(() => inner.close())
    }
  }

  #eventsOf(events: () => ConnectionEvents | undefined): ConnectionEvents {
    return {
      received: (message) => {
        this.enter(() => {
          this.#options.delivered(message)
          events()?.received(message)
        })
      },
      closed: (reason, refused) => this.enter(() => events()?.closed(reason, refused))
    }
  }
}
