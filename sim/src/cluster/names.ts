/** Who takes part in every run. */
export const agentNames = ['agent-1', 'agent-2', 'agent-3', 'agent-4'] as const
export const clientNames: readonly string[] = Array.from({ length: 24 }, (_, index) => `client-${index + 1}`)
export const nodeNames: readonly string[] = ['coordinator', ...agentNames, ...clientNames]

/** The machine on which another process of an agent runs, while there are two. */
export function twinOf(agent: string): string {
  return `${agent}-twin`
}

export const twinNames: readonly string[] = agentNames.map(twinOf)

/** The part of the cluster that has no permanent faults, when there are some. */
export const coreAgents: readonly string[] = ['agent-1', 'agent-2']
export const coreClients: readonly string[] = clientNames.slice(0, 8)
export const coreNodes: readonly string[] = ['coordinator', ...coreAgents, ...coreClients]

/** Kinds that every agent has a factory for. */
export const roomKind = 'room'
export const sheetKind = 'sheet'
/** A container that belongs to its agents, with standbys, and the agents that bring it along. */
export const storeKind = 'store'
export const stores: Readonly<Record<string, readonly string[]>> = {
  'store-1': ['agent-1', 'agent-2', 'agent-3'],
  'store-2': ['agent-2', 'agent-4']
}

export const rooms: readonly string[] = Array.from({ length: 10 }, (_, index) => `room-${index + 1}`)
export const labels: readonly string[] = ['red', 'green', 'blue', 'wide']
