import { signal } from '@preact/signals'
import type { Overview } from '@hcengineering/network-pod/admin-views'
import { AdminApi } from '../api/admin-api.ts'
import { EventLog } from './event-log.ts'
import { SampleHistory } from './sample-history.ts'
import { sessionToken } from './session-token.ts'

/** How the page stands with the coordinator. */
export type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** `retryAt` is absent while an attempt is under way. */
  | {
      readonly kind: 'lost'
      readonly since: number
      readonly reason: string
      /** The admin token could help. */
      readonly denied: boolean
      readonly retryAt?: number
    }

/** As many samples as the server keeps: ten minutes. */
const samplesMax = 600
const eventsMax = 5000

export const api = new AdminApi(() => sessionToken.value)

/** Plain data; who shows it listens to the signals below, which say that it has grown. */
export const history = new SampleHistory(samplesMax)
export const eventLog = new EventLog(eventsMax)

export const connection = signal<Connection>({ kind: 'connecting' })
/** Goes up each time the stream was opened: what was loaded before may be of an earlier coordinator. */
export const generation = signal(0)
export const overview = signal<Overview | undefined>(undefined)
/** How far the server's clock is ahead of this one. */
export const clockAheadMs = signal(0)
/** Goes up when there is a new sample. */
export const sampleTick = signal(0)
/** Goes up when there are new events, once a frame at most. */
export const eventTick = signal(0)

/** Now, by the server's clock. */
export function serverNow(): number {
  return Date.now() + clockAheadMs.value
}
