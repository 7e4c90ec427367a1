import { MalformedMessage } from '../protocol/bytes.ts'
import type { Address } from '../protocol/frames.ts'

/** What each item counts against the credit, besides its payload. */
export const itemOverheadBytes = 64

/** What a stream needs of its session. */
export interface StreamPort {
  item(stream: SessionStream, payload: Uint8Array): void
  end(stream: SessionStream, error: Error | undefined): void
  credit(stream: SessionStream, bytes: number): void
}

/** Who hears of a stream. Called synchronously; must not throw. */
export interface StreamEvents {
  /** An item of the other side. */
  item(payload: Uint8Array): void
  /** The other side has ended its half; with an error, both. */
  ended(error: Error | undefined): void
  /** The other side takes that many bytes more. */
  credit(bytes: number): void
  /** Both halves are over before they ended by themselves: cancelled, timed out, or the session lost. */
  closed(reason: Error): void
}

/** Bytes that may still come and go; the last item of each may exceed them. */
interface StreamCredit {
  /** What the other side has granted this one. */
  write: number
  /** What this side has granted the other one. */
  read: number
}

/** Which halves are still open. */
type Half = 'open' | 'ended'

/**
 * Items in both directions under one request. Each side may write what the other has granted credit for, in
 * bytes: a reader that stops reading stops the writer (I11).
 *
 * Inputs come from the session; commands from whoever uses the stream: {@link write} while {@link writable},
 * {@link end}, {@link grant} for what has been read, {@link cancel}.
 */
export class SessionStream {
  readonly id: number
  /** Whether this side opened it. */
  readonly opener: boolean
  events: StreamEvents | undefined

  private readonly port: StreamPort
  private writing: Half = 'open'
  private reading: Half = 'open'
  private readonly credit: StreamCredit

  /** @param credit what has been granted as it was opened; counted on from here */
  constructor(id: number, opener: boolean, credit: StreamCredit, port: StreamPort) {
    this.id = id
    this.opener = opener
    this.credit = credit
    this.port = port
  }

  /** Whether the other side takes another item now. */
  get writable(): boolean {
    return this.writing === 'open' && this.credit.write > 0
  }

  /** Whether anything can still be written, now or later. */
  get writeOpen(): boolean {
    return this.writing === 'open'
  }

  get closed(): boolean {
    return this.writing === 'ended' && this.reading === 'ended'
  }

  /** Sends an item. Only while {@link writable}; does nothing once the half has ended. */
  write(payload: Uint8Array): void {
    if (this.writing === 'ended') return
    this.credit.write -= payload.length + itemOverheadBytes
    this.port.item(this, payload)
  }

  /** Ends this side's half; an error ends both. */
  end(error?: Error): void {
    if (this.writing === 'ended') return
    this.writing = 'ended'
    // What serves a stream says its last word with this: input that is still under way has no reader.
    if (error !== undefined || !this.opener) this.reading = 'ended'
    this.port.end(this, error)
    if (error !== undefined && this.opener) this.events?.closed(error)
  }

  /** Lets the other side send that many bytes more. */
  grant(bytes: number): void {
    if (this.reading === 'ended' || bytes <= 0) return
    this.credit.read += bytes
    this.port.credit(this, bytes)
  }

  /** Ends both halves; the other side hears so. */
  cancel(reason: Error): void {
    if (this.closed) return
    this.writing = 'ended'
    this.reading = 'ended'
    this.port.end(this, reason)
    this.events?.closed(reason)
  }

  // Inputs of the session

  /** @throws MalformedMessage when the other side writes more than it was granted: nobody has room for that */
  receiveItem(payload: Uint8Array): void {
    if (this.credit.read <= 0) throw new MalformedMessage(`an item of stream ${this.id} exceeds its credit`)
    this.credit.read -= payload.length + itemOverheadBytes
    if (this.reading === 'open') this.events?.item(payload)
  }

  receiveEnd(error: Error | undefined): void {
    // An opener that has ended its own half can still leave: then the error says so.
    if (this.closed || (this.reading === 'ended' && error === undefined)) return
    this.reading = 'ended'
    if (error !== undefined || this.opener) this.writing = 'ended'
    this.events?.ended(error)
  }

  receiveCredit(bytes: number): void {
    this.credit.write += bytes
    if (this.writing === 'open') this.events?.credit(bytes)
  }

  /** Over, without a word to the other side. */
  close(reason: Error): void {
    if (this.closed) return
    this.writing = 'ended'
    this.reading = 'ended'
    this.events?.closed(reason)
  }
}

/** A stream that the peer has opened. */
export interface IncomingStream extends Address {
  readonly stream: SessionStream
  /** When the opener stops waiting, by this session's clock; Infinity when it does not. */
  readonly deadline: number
  readonly payload: Uint8Array
  /** Credit that the opener has granted from the start. */
  readonly credit: number
  /** Whether the opener sends items, too. */
  readonly input: boolean
}
