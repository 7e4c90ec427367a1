import type { ConnectionEvents, Transport, TransportConnection } from '@hcengineering/network-backrpc'
import type { Clock } from '@hcengineering/network-core'

type State =
  | { readonly kind: 'running' }
  /** What would have happened waits, as it does for a process after SIGSTOP. */
  | { readonly kind: 'paused'; readonly waiting: (() => void)[] }
  | { readonly kind: 'killed' }

/**
 * A process of a test network: a clock and a transport of its own, through which everything passes that can
 * reach it or leave it. Killed, it does nothing more, and its connections end without a word; paused, all of
 * that waits. Code that looks at neither clock nor transport is not held up.
 */
export class TestNode {
  readonly name: string
  readonly clock: Clock
  readonly transport: Transport
  readonly #inner: Transport
  readonly #timers = new Set<() => void>()
  readonly #closers = new Set<() => Promise<void>>()
  #state: State = { kind: 'running' }

  constructor(name: string, clock: Clock, transport: Transport) {
    this.name = name
    this.#inner = transport
    this.clock = {
      now: () => clock.now(),
      wallTime: () => clock.wallTime(),
      after: (delayMs, handler) => this.#after(clock, delayMs, handler)
    }
    this.transport = { name: transport.name, listen: this.#listen, dial: this.#dial }
  }

  get isKilled(): boolean {
    return this.#state.kind === 'killed'
  }

  /** As SIGKILL does. Resolves once its ports are free. */
  async kill(): Promise<void> {
    this.#state = { kind: 'killed' }
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
    const closers = [...this.#closers]
    this.#closers.clear()
    await Promise.all(closers.map((close) => close()))
  }

  /** As SIGSTOP does: what arrives, comes due, or would leave waits. */
  pause(): void {
    if (this.#state.kind === 'running') this.#state = { kind: 'paused', waiting: [] }
  }

  /** As SIGCONT does. */
  resume(): void {
    if (this.#state.kind !== 'paused') return
    const { waiting } = this.#state
    this.#state = { kind: 'running' }
    for (const run of waiting) this.#enter(run)
  }

  #enter(run: () => void): void {
    if (this.#state.kind === 'running') run()
    else if (this.#state.kind === 'paused') this.#state.waiting.push(run)
  }

  #after(clock: Clock, delayMs: number, handler: () => void): () => void {
    if (this.#state.kind === 'killed') return () => {}
    let cancelled = false
    const cancelTimer = clock.after(delayMs, () => {
      this.#timers.delete(cancel)
      this.#enter(() => {
        // Guarded: while it waited in a paused process, another handler may have cancelled it.
        if (!cancelled) handler()
      })
    })
    const cancel = (): void => {
      cancelled = true
      this.#timers.delete(cancel)
      cancelTimer()
    }
    this.#timers.add(cancel)
    return cancel
  }

  readonly #listen: Transport['listen'] = (options, limits, accept) => {
    const listener = this.#inner.listen(options, limits, (inner) => {
      const connection = this.#wrap(inner)
      let events: ConnectionEvents | undefined
      this.#enter(() => {
        events = accept(connection)
      })
      return this.#eventsOf(connection, () => events)
    })
    const close = (): Promise<void> => {
      this.#closers.delete(close)
      return listener.close()
    }
    this.#closers.add(close)
    return { port: listener.port, close }
  }

  readonly #dial: Transport['dial'] = (address, limits, events) => {
    const holder: { connection?: TransportConnection } = {}
    const inner = this.#inner.dial(
      address,
      limits,
      this.#eventsOf({ close: () => holder.connection?.close() }, () => events)
    )
    holder.connection = this.#wrap(inner)
    return holder.connection
  }

  #wrap(inner: TransportConnection): TransportConnection {
    const end = async (): Promise<void> => inner.close()
    const close = (): void => {
      this.#closers.delete(end)
      inner.close()
    }
    this.#closers.add(end)
    return {
      get remote() {
        return inner.remote
      },
      get bufferedBytes() {
        return inner.bufferedBytes
      },
      send: (message) => this.#enter(() => inner.send(message)),
      close: () => this.#enter(close)
    }
  }

  #eventsOf(connection: { close(): void }, events: () => ConnectionEvents | undefined): ConnectionEvents {
    return {
      received: (message) => this.#enter(() => events()?.received(message)),
      closed: (reason, refused) => {
        this.#enter(() => {
          connection.close()
          events()?.closed(reason, refused)
        })
      }
    }
  }
}
