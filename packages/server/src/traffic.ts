import { LatencyHistogram } from '@hcengineering/network-core'

/**
 * What has passed through a server since its start, as plain fields: counted where it passes, read by whoever makes
 * metrics of it.
 */
export class Traffic {
  /** Requests of clients for containers. */
  requestsRouted = 0
  /** Of these, the ones that were refused or came to an error, the containers' own errors included. */
  requestsFailed = 0
  /** Sends of clients for containers. */
  sendsRouted = 0
  /** Streams that clients opened to containers. */
  streamsRouted = 0
  /** Events of containers for single clients. */
  broadcasts = 0
  /** How long routed requests took, from their arrival here to their answer, whatever it was. */
  readonly requestLatency = new LatencyHistogram()
}
