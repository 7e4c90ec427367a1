import type { Container } from '../api/container.ts'
import type { AgentLink } from '../contract/ports.ts'

const agentsByContainer = new WeakMap<Container, AgentLink>()

/** An agent has taken this object in: whoever serves it from elsewhere in this process goes through the agent. */
export function hostContainer(container: Container, agent: AgentLink): void {
  agentsByContainer.set(container, agent)
}

/** The agent that hosts this object; undefined before it was taken in. */
export function agentHosting(container: Container): AgentLink | undefined {
  return agentsByContainer.get(container)
}
