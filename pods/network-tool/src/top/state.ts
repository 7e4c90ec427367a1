import type { KindView, NetworkEventView, Overview, Sample } from '@hcengineering/network-pod'
import type { AdminEvent } from '../admin/event-stream.ts'

/** Ten minutes, as the admin API keeps them. */
const samplesMax = 600
const eventsMax = 200

/** Where what is shown comes from, and whether it still comes. */
export type TopLink =
  | { readonly kind: 'live' }
  /** What is shown is as it was; it is asked again. */
  | { readonly kind: 'lost'; readonly reason: string; readonly since: number }

/** What the live screen shows. Fed with answers and events; it keeps a bounded past. */
export class TopState {
  overview: Overview
  kinds: readonly KindView[]
  link: TopLink = { kind: 'live' }
  /** The oldest first. */
  readonly samples: Sample[]
  /** The oldest first. */
  readonly events: NetworkEventView[] = []

  constructor(overview: Overview, history: readonly Sample[], kinds: readonly KindView[]) {
    this.overview = overview
    this.samples = history.slice(-samplesMax)
    this.kinds = kinds
  }

  /** Takes in what was asked for anew, after the way to the coordinator was lost. */
  renew(overview: Overview, history: readonly Sample[], kinds: readonly KindView[]): void {
    this.refresh(overview, kinds)
    this.samples.splice(0, this.samples.length, ...history.slice(-samplesMax))
    this.link = { kind: 'live' }
  }

  refresh(overview: Overview, kinds: readonly KindView[]): void {
    this.overview = overview
    this.kinds = kinds
  }

  lost(reason: string, since: number): void {
    if (this.link.kind !== 'lost') this.link = { kind: 'lost', reason, since }
  }

  hear(event: AdminEvent): void {
    if (event.kind === 'sample') keep(this.samples, [event.sample], samplesMax)
    else keep(this.events, event.events, eventsMax)
  }
}

function keep<T>(list: T[], items: readonly T[], most: number): void {
  list.push(...items.slice(-most))
  if (list.length > most) list.splice(0, list.length - most)
}
