import { decodeValue, encodeValue } from '../protocol/values.ts'
import type { CallOptions, SendOptions, Session } from './session.ts'

/** A request whose data is a value. */
export interface AskOptions extends Omit<CallOptions, 'payload'> {
  readonly data?: unknown
  /** Aborting cancels the request and rejects with the signal's reason as `ABORTED`. */
  readonly signal?: AbortSignal | undefined
}

/** Hears the answer, in the turn in which it arrives. */
export type SettleAsk = (error: Error | undefined, value: unknown) => void

/**
 * Asks the peer for something and waits for the answer.
 *
 * @throws what the peer failed with, `TIMEOUT`, `ABORTED`, `OVERLOADED`, `NOT_SERIALIZABLE`, …
 */
export function ask(session: Session, options: AskOptions): Promise<unknown> {
  return new Promise((resolve, reject) => {
    askWith(session, options, (error, value) => {
      if (error === undefined) resolve(value)
      else reject(error)
    })
  })
}

/** As {@link ask}, for whoever has to go on in the turn in which the answer arrives. */
export function askWith(session: Session, options: AskOptions, settle: SettleAsk): void {
  const { signal } = options
  if (signal === undefined) start(session, options, settle)
  else askAbortable(session, options, signal, settle)
}

function askAbortable(session: Session, options: AskOptions, signal: AbortSignal, settle: SettleAsk): void {
  const aborted = (outcomeUnknown: boolean): Error =>
    session.errors('ABORTED', `'${options.operation}' was aborted`, { cause: signal.reason, outcomeUnknown })
  if (signal.aborted) {
    settle(aborted(false), undefined)
    return
  }
  const onAbort = (): void => {
    if (call !== undefined) session.cancel(call, aborted)
  }
  const call = start(session, options, (error, value) => {
    signal.removeEventListener('abort', onAbort)
    settle(error, value)
  })
  if (call !== undefined) signal.addEventListener('abort', onAbort, { once: true })
}

/** Undefined when it could not even be sent: then it has settled. */
function start(
  session: Session,
  options: AskOptions,
  settle: SettleAsk
): ReturnType<Session['call']> | undefined {
  const { errors } = session
  try {
    // Field by field: this is done for every request, and a spread costs more than all of the rest.
    const call: CallOptions = {
      operation: options.operation,
      // An idempotent one is sent again to a peer that has forgotten it.
      payload:
        options.idempotent === true ? encodeValue(options.data, errors) : session.encodeForOne(options.data),
      timeoutMs: options.timeoutMs,
      channel: options.channel,
      target: options.target,
      origin: options.origin,
      headers: options.headers,
      rawHeaders: options.rawHeaders,
      idempotent: options.idempotent
    }
    return session.call(call, (error, payload) => {
      if (error !== undefined || payload === undefined) {
        settle(error, undefined)
        return
      }
      let value: unknown
      try {
        value = decodeValue(payload, errors)
      } catch (failure) {
        settle(failure as Error, undefined)
        return
      }
      settle(undefined, value)
    })
  } catch (error) {
    settle(error as Error, undefined)
    return undefined
  }
}

/** Says something to the peer. @throws `OVERLOADED`, `NOT_SERIALIZABLE`, … */
export function tell(
  session: Session,
  options: Omit<SendOptions, 'payload'> & { readonly data?: unknown }
): void {
  const { data, ...rest } = options
  session.send({ ...rest, payload: session.encodeForOne(data) })
}
