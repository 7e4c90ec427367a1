import {
  Dialler,
  Session,
  type CallOptions,
  type SendOptions,
  type TransportConnection
} from '@hcengineering/network-backrpc'
import { replace, type Mutant } from './mutant.ts'

type Of<T, M extends keyof T> = T[M] extends (...args: infer A) => infer R
  ? (this: T, ...args: A) => R
  : never

/** Faults put into sessions. */
export const sessionMutants: readonly Mutant[] = [
  {
    name: 'unknown-outcomes-sent-again',
    breaks: 'a request runs once, unless it is idempotent (regression case 18)',
    install: () =>
      replace(
        Session,
        'call',
        (original) =>
          function (this: Session, ...args: Parameters<Session['call']>) {
            const [options, ...rest] = args
            const again: CallOptions = { ...options, idempotent: true }
            return (original as Of<Session, 'call'>).call(this, again, ...rest)
          }
      )
  },
  {
    name: 'deadlines-stretched',
    breaks: 'every request settles by its deadline (regression case 11)',
    install: () =>
      replace(
        Session,
        'call',
        (original) =>
          function (this: Session, ...args: Parameters<Session['call']>) {
            const [options, ...rest] = args
            return (original as Of<Session, 'call'>).call(
              this,
              { ...options, timeoutMs: options.timeoutMs * 4 },
              ...rest
            )
          }
      )
  },
  {
    name: 'reset-taken-for-refusal',
    breaks: 'an agent is dead only if the address where it has answered refuses (regression case 24)',
    install: () =>
      replace(
        Dialler,
        'lose',
        (original) =>
          function (this: Dialler, connection: TransportConnection, reason: string) {
            const lose = original as unknown as (
              connection: TransportConnection,
              reason: string,
              refused: boolean
            ) => void
            lose.call(this, connection, reason, true)
          }
      )
  },
  {
    name: 'sends-swapped',
    breaks: 'events of one container arrive in order',
    install: () => {
      const waiting = new WeakMap<Session, SendOptions>()
      return replace(
        Session,
        'send',
        (original) =>
          function (this: Session, options: SendOptions) {
            const send = original as Of<Session, 'send'>
            const first = waiting.get(this)
            if (first === undefined) {
              waiting.set(this, options)
              queueMicrotask(() => {
                const alone = waiting.get(this)
                if (alone === options) send.call(this, options)
                if (alone === options) waiting.delete(this)
              })
              return
            }
            waiting.delete(this)
            send.call(this, options)
            send.call(this, first)
          }
      )
    }
  }
]
