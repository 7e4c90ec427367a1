import { NetworkImpl, TickManagerImpl, type Logger } from '@hcengineering/network-core'
import { NetworkServer } from '@hcengineering/network-server'
import { countedIds, type SimProcess } from '@hcengineering/network-testing'
import type { World } from './world.ts'

export const coordinatorPort = 3737
/** Shorter than by default, so that a run sees what comes after. */
const startTimeoutMs = 4000
export const coordinatorAddress = `localhost:${coordinatorPort}`

/** The coordinator that runs now. Restarted, it knows what its disk knows. */
export class CoordinatorNode {
  readonly process: SimProcess
  readonly network: NetworkImpl
  readonly server: NetworkServer

  constructor(world: World, logger: Logger) {
    this.process = world.machine('coordinator').start()
    const { clock, transport, incarnation } = this.process
    const ticks = new TickManagerImpl(10, { clock })
    this.network = new NetworkImpl(ticks, {
      ids: countedIds(`coordinator-${incarnation}`),
      logger,
      startTimeout: startTimeoutMs / 1000,
      roster: world.disk.open(clock)
    })
    this.server = new NetworkServer(this.network, ticks, 'localhost', coordinatorPort, {
      ids: countedIds(`coordinator-${incarnation}-session`),
      logger,
      transport
    })
    world.observe({ kind: 'started', process: 'coordinator' })
  }
}
