import type { Transport, TransportConnection } from '@hcengineering/network-backrpc'

/** A transport over real sockets, all of which can be closed at once: as the system does when a process is killed. */
export class TrackedTransport {
  readonly transport: Transport
  readonly #inner: Transport
  readonly #closers = new Set<() => Promise<void>>()

  constructor(inner: Transport) {
    this.#inner = inner
    this.transport = { name: inner.name, listen: this.#listen, dial: this.#dial }
  }

  /** Resolves once the ports are free. */
  async closeAll(): Promise<void> {
    const closers = [...this.#closers]
    this.#closers.clear()
    await Promise.all(closers.map((close) => close()))
  }

  readonly #listen: Transport['listen'] = (options, limits, accept) => {
    const listener = this.#inner.listen(options, limits, (connection) => {
      const tracked = this.#track(connection)
      const events = accept(tracked)
      return {
        received: (message) => events.received(message),
        closed: (reason, refused) => {
          tracked.close()
          events.closed(reason, refused)
        }
      }
    })
    const close = (): Promise<void> => {
      this.#closers.delete(close)
      return listener.close()
    }
    this.#closers.add(close)
    return { port: listener.port, close }
  }

  readonly #dial: Transport['dial'] = (address, limits, events) => {
    const dialled: { connection?: TransportConnection } = {}
    const connection = this.#inner.dial(address, limits, {
      received: (message) => events.received(message),
      closed: (reason, refused) => {
        dialled.connection?.close()
        events.closed(reason, refused)
      },
      reached: () => events.reached?.()
    })
    dialled.connection = this.#track(connection)
    return dialled.connection
  }

  #track(inner: TransportConnection): TransportConnection {
    const end = async (): Promise<void> => inner.close()
    this.#closers.add(end)
    return {
      get remote() {
        return inner.remote
      },
      copies: inner.copies,
      get bufferedBytes() {
        return inner.bufferedBytes
      },
      send: (message) => inner.send(message),
      close: () => {
        this.#closers.delete(end)
        inner.close()
      }
    }
  }
}
