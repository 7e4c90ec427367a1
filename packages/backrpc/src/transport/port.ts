/**
 * The transport port: whole messages, in order, over connections that come and go. Sessions live above it
 * and survive a connection's end; nothing above this folder knows what carries the messages.
 */

/** What a transport tells about one connection. Called synchronously, never from within a call to the connection. */
export interface ConnectionEvents {
  /** A whole message. The bytes belong to the receiver. */
  received(message: Uint8Array): void
  /**
   * The connection has ended, from the other side or by a fault. Called at most once, not after `close()`.
   *
   * @param refused the system at the address has said that nobody listens there. A dial that nobody answers, or
   *   that cannot be made for another reason, is not refused
   */
  closed(reason: string, refused?: boolean): void
  /**
   * The system at a dialled address has answered; whoever listens there may not have. At most once. A transport that
   * cannot tell never says so.
   */
  reached?(): void
}

/** One end of a connection. */
export interface TransportConnection {
  /** Where the other end is, for logs. */
  readonly remote: string
  /**
   * Queues one whole message. The transport must not change the bytes: the session may send the same ones again. They
   * stay what they are until the other side has the message, and for ever unless this connection {@link copies}. A connection that cannot take it ends (`closed`): whoever does
   * not read loses the connection, never the sender's memory. Does nothing once closed.
   */
  send(message: Uint8Array): void
  /**
   * Whether the other side gets a copy, so that nobody here looks at a message's bytes any more once it has arrived
   * there: then they may be used for another one.
   */
  readonly copies: boolean
  /** Bytes that were handed over and have not left, as far as the transport can tell. */
  readonly bufferedBytes: number
  /** Ends the connection; messages already handed over are still sent if that is possible soon. */
  close(): void
}

/** A listening end. */
export interface TransportListener {
  /** The port it is bound to; the one it was given when 0 was asked for. */
  readonly port: number
  /** Stops listening and ends every connection. */
  close(): Promise<void>
}

/** Where and how to listen. */
export interface ListenOptions {
  /** An address or host name of this machine; `*` for every interface. */
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
}

/** Limits that a transport enforces by itself. */
export interface TransportLimits {
  /** A longer message ends the connection it came from. */
  readonly messageBytesMax: number
}

/** A way to carry messages. */
export interface Transport {
  /** `zeromq`, `memory`, … */
  readonly name: string
  /**
   * Listens at once.
   *
   * @param accept called for every new connection; what it returns hears of that connection
   * @throws an error with code `ADDRESS_IN_USE` for a taken port, `ADDRESS_INVALID` for one that cannot be
   */
  listen(
    options: ListenOptions,
    limits: TransportLimits,
    accept: (connection: TransportConnection) => ConnectionEvents
  ): TransportListener
  /**
   * Dials `host:port`. Messages may be sent at once. An address that does not answer is no error here: the
   * caller decides how long it waits.
   *
   * @throws an error with code `ADDRESS_INVALID` for an address that cannot be dialled at all
   */
  dial(address: string, limits: TransportLimits, events: ConnectionEvents): TransportConnection
}
