import { agentMetrics } from './agent.ts'
import { clientMetrics } from './client.ts'
import { coordinatorMetrics } from './coordinator.ts'
import { eventLoopMetrics } from './event-loop.ts'
import type { MetricDescription } from './observe.ts'
import { serverMetrics } from './server.ts'

/** Every metric that this package can give, by the function that gives it; the README shows them. */
export const metricsByFunction: Readonly<Record<string, readonly MetricDescription[]>> = {
  observeCoordinator: Object.values(coordinatorMetrics),
  observeServer: Object.values(serverMetrics),
  observeAgent: Object.values(agentMetrics),
  observeClient: Object.values(clientMetrics),
  observeEventLoop: Object.values(eventLoopMetrics)
}
