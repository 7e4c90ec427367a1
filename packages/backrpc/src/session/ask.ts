import { decodeValue, encodeValue } from '../protocol/values.ts'
import type { CallOptions, SendOptions, Session } from './session.ts'

/** A request whose data is a value. */
export interface AskOptions extends Omit<CallOptions, 'payload'> {
  readonly data?: unknown
  /** Aborting cancels the request and rejects with the signal's reason as `ABORTED`. */
  readonly signal?: AbortSignal | undefined
}

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
export function askWith(
  session: Session,
  options: AskOptions,
  settle: (error: Error | undefined, value: unknown) => void
): void {
  const { signal, data, ...rest } = options
  const { errors } = session
  const aborted = (outcomeUnknown: boolean): Error =>
    errors('ABORTED', `'${options.operation}' was aborted`, { cause: signal?.reason, outcomeUnknown })
  let onAbort: (() => void) | undefined
  const finish = (error: Error | undefined, value: unknown): void => {
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort)
    settle(error, value)
  }
  if (signal?.aborted === true) {
    finish(aborted(false), undefined)
    return
  }
  try {
    const cancel = session.call({ ...rest, payload: encodeValue(data, errors) }, (error, payload) => {
      if (error !== undefined || payload === undefined) {
        finish(error, undefined)
        return
      }
      let value: unknown
      try {
        value = decodeValue(payload, errors)
      } catch (failure) {
        finish(failure as Error, undefined)
        return
      }
      finish(undefined, value)
    })
    if (signal !== undefined) {
      onAbort = () => cancel(aborted)
      signal.addEventListener('abort', onAbort, { once: true })
    }
  } catch (error) {
    finish(error as Error, undefined)
  }
}

/** Says something to the peer. @throws `OVERLOADED`, `NOT_SERIALIZABLE`, … */
export function tell(
  session: Session,
  options: Omit<SendOptions, 'payload'> & { readonly data?: unknown }
): void {
  const { data, ...rest } = options
  session.send({ ...rest, payload: encodeValue(data, session.errors) })
}
