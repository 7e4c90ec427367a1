/** Attributes of the network's own, on spans and metrics. */
export const Attribute = {
  containerKind: 'network.container.kind',
  containerUuid: 'network.container.uuid',
  containerState: 'network.container.state',
  agentId: 'network.agent.id',
  /** How something ended. */
  outcome: 'network.outcome',
  /** The upper bound of a bucket, in seconds, as Prometheus calls it. */
  bucket: 'le'
} as const

/** What `rpc.system.name` says of this network. */
export const rpcSystem = 'huly_network'

/** The name under which everything here is recorded. */
export const scopeName = '@hcengineering/network-telemetry'
