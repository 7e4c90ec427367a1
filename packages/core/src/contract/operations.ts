/** The names of what peers ask of each other over a session, apart from requests to containers. */

/** A client asks the coordinator. */
export const CoordinatorOperation = {
  get: 'get',
  release: 'release',
  list: 'list',
  kinds: 'kinds',
  agents: 'agents',
  subscribe: 'subscribe',
  connect: 'connect',
  disconnect: 'disconnect',
  registerAgent: 'agent.register',
  renewAgent: 'agent.renew',
  updateAgent: 'agent.update',
  drainAgent: 'agent.drain',
  unregisterAgent: 'agent.unregister',
  containerEnded: 'agent.ended'
} as const

/** The coordinator asks an agent, over the session of the client that registered it. */
export const AgentOperation = {
  start: 'start',
  grant: 'grant',
  end: 'end',
  clientGone: 'client-gone',
  connect: 'connect',
  disconnect: 'disconnect',
  /** How a container fares, for whoever runs the network. */
  inspect: 'inspect'
} as const

/** What is sent to a client without being asked for. */
export const ClientNotice = {
  /** An event of the network. */
  event: 'event',
  /** Events of the network were left out: the client asks for what it needs anew. */
  missed: 'missed',
  /** An event of the container that is the target. */
  broadcast: 'broadcast',
  /** The container that is the target serves this client no more. */
  ended: 'ended'
} as const
