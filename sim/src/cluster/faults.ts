import { assertNever } from '@hcengineering/network-core'
import type { NetworkFault } from '@hcengineering/network-testing'
import type { Fault, FaultName } from '../script/action.ts'
import type { Cluster } from './cluster.ts'
import { coordinatorAddress } from './coordinator.ts'
import { twinNames, twinOf } from './names.ts'
import type { World } from './world.ts'

/** A fault that was begun. */
interface Begun {
  readonly name: FaultName
  readonly description: string
  readonly touches: readonly string[]
  readonly lasting: boolean
  /** Whether it has changed a delivery or the state of a process by now. */
  tookEffect(): boolean
  end(): void
  ended: boolean
}

const limits = { messageBytesMax: 1_048_576 }

/** Does what the script says goes wrong, and undoes it. A fault counts only if it changed something. */
export class Faults {
  readonly #cluster: Cluster
  readonly #world: World
  readonly #begun: Begun[] = []
  readonly #downUntilHealed = new Set<string>()
  /** How many lasting faults touch a process now. */
  readonly #touching = new Map<string, number>()

  constructor(cluster: Cluster) {
    this.#cluster = cluster
    this.#world = cluster.world
  }

  /** How many faults of each kind took effect. */
  effective(): Readonly<Partial<Record<FaultName, number>>> {
    const counts: Partial<Record<FaultName, number>> = {}
    for (const begun of this.#begun) {
      if (begun.tookEffect()) counts[begun.name] = (counts[begun.name] ?? 0) + 1
    }
    return counts
  }

  begin(fault: Fault): void {
    const touches = touchedBy(fault)
    const description = describe(fault)
    this.#world.trace.tell('fault', description)
    this.#disturb(touches, 0, fault.fault)
    const made = this.#make(fault)
    if (made === undefined) return
    this.#disturb(touches, 1, fault.fault)
    const begun: Begun = {
      name: fault.fault,
      description,
      touches,
      lasting: isLasting(fault),
      ended: false,
      ...made
    }
    this.#begun.push(begun)
    if (!isLasting(fault)) this.#end(begun)
    else if ('forMs' in fault && fault.forMs !== undefined) {
      this.#world.clock.after(fault.forMs, () => this.#end(begun))
    }
  }

  /**
   * Ends all that lasts, and starts all that is down; what `keeps` names stays as it is. Containers behave again
   * everywhere: where they do not, nobody can have one in time, whatever the network does. So do twins end: their
   * ends would be faults of a later time.
   */
  heal(keeps: (touched: readonly string[]) => boolean = () => false): void {
    for (const begun of this.#begun) {
      if (isNoPartOfACore(begun.name) || !keeps(begun.touches)) this.#end(begun)
    }
    for (const [name, machine] of this.#world.machines) {
      if (keeps([name]) || twinNames.includes(name)) continue
      machine.wake()
      if (this.#cluster.agents.get(name)?.draining === true) this.#kill(name, false)
      machine.clock.rate = 1
      this.#downUntilHealed.delete(name)
      this.#cluster.start(name)
    }
  }

  #end(begun: Begun): void {
    if (begun.ended) return
    begun.ended = true
    begun.end()
    if (begun.lasting) this.#world.trace.tell('fault over', begun.description)
    this.#disturb(begun.touches, -1, begun.name)
  }

  #disturb(names: readonly string[], more: number, by: FaultName): void {
    for (const process of names) {
      const faults = (this.#touching.get(process) ?? 0) + more
      this.#touching.set(process, faults)
      this.#world.observe({ kind: 'disturbed', process, faults, by })
    }
  }

  #make(fault: Fault): Pick<Begun, 'tookEffect' | 'end'> | undefined {
    switch (fault.fault) {
      case 'crash':
        return this.#crash(fault)
      case 'stop':
      case 'suspend':
        return this.#stop(fault)
      case 'twin':
        return this.#twin(fault)
      case 'cut':
        return this.#lasting([
          this.#world.network.cut(fault.from, fault.to),
          ...(fault.bothWays ? [this.#world.network.cut(fault.to, fault.from)] : [])
        ])
      case 'delay':
        return this.#lasting([this.#world.network.delay(fault.from, fault.to, fault.extraMs, fault.oldOnly)])
      case 'reset':
        return this.#atOnce(this.#world.network.reset(fault.node, fault.other) > 0)
      case 'duplicate':
        return this.#atOnce(this.#duplicate(fault.node, fault.pick))
      case 'newDisk':
        return this.#newDisk(fault)
      case 'slowDisk':
        return this.#slowDisk(fault.latencyMs)
      case 'clockRate': {
        const { clock } = this.#world.machine(fault.node)
        const changed = clock.rate !== fault.rate
        clock.rate = fault.rate
        return this.#atOnce(changed)
      }
      case 'wallClock':
        this.#world.machine(fault.node).clock.jumpWallClock(fault.jumpMs)
        if (fault.jumpMs > 0) this.#world.observe({ kind: 'jumped', process: fault.node })
        return this.#atOnce(true)
      case 'factories':
        return this.#trouble(fault.node, 'factories', fault)
      case 'terminate':
        return this.#trouble(fault.node, 'terminate', fault)
      default:
        return assertNever(fault)
    }
  }

  #atOnce(took: boolean): Pick<Begun, 'tookEffect' | 'end'> {
    return { tookEffect: () => took, end() {} }
  }

  #lasting(faults: readonly NetworkFault[]): Pick<Begun, 'tookEffect' | 'end'> {
    return {
      tookEffect: () => faults.some((fault) => fault.affected > 0),
      end: () => {
        for (const fault of faults) fault.end()
      }
    }
  }

  #newDisk(fault: Extract<Fault, { fault: 'newDisk' }>): Pick<Begun, 'tookEffect' | 'end'> | undefined {
    const { disk } = this.#world
    const { clock } = this.#world.machine('coordinator')
    const { epoch } = this.#cluster.coordinator.network.inspection.summary()
    disk.lose()
    const { downMs, jumpMs, sameEpoch } = fault
    if (!sameEpoch) clock.jumpWallClock(jumpMs)
    // Epochs are whole milliseconds, and the clock of this machine may count fractions.
    const setBack = (): void => {
      if (sameEpoch) clock.jumpWallClock(epoch + 0.5 - clock.wallTime())
    }
    return this.#crash({ fault: 'crash', node: 'coordinator', downMs, powerLoss: false }, setBack)
  }

  /** @param beforeStart is called when it is started again */
  #crash(
    fault: Extract<Fault, { fault: 'crash' }>,
    beforeStart = (): void => {}
  ): Pick<Begun, 'tookEffect' | 'end'> | undefined {
    const { node, downMs, powerLoss } = fault
    const machine = this.#world.machine(node)
    if (!machine.running) return undefined
    this.#kill(node, powerLoss)
    const restart = (): void => {
      if (this.#downUntilHealed.has(node)) return
      beforeStart()
      this.#cluster.start(node)
    }
    if (downMs === undefined) this.#downUntilHealed.add(node)
    else this.#world.clock.after(downMs, restart)
    return this.#atOnce(true)
  }

  #kill(node: string, powerLoss: boolean): void {
    const machine = this.#world.machine(node)
    if (!machine.running) return
    machine.crash(powerLoss)
    machine.wake()
    this.#world.observe({ kind: 'killed', process: node })
  }

  /** The first one's trouble is over before the other one ends, or when it does. */
  #twin(fault: Extract<Fault, { fault: 'twin' }>): Pick<Begun, 'tookEffect' | 'end'> | undefined {
    const { node, first, firstMs, powerLoss } = fault
    const twin = twinOf(node)
    if (!this.#world.machine(node).running || this.#world.machine(twin).running) return undefined
    const trouble =
      first === 'stopped'
        ? this.#stop({ fault: 'stop', node })
        : first === 'cut'
          ? this.#lasting([
              this.#world.network.cut(node, 'coordinator'),
              this.#world.network.cut('coordinator', node)
            ])
          : undefined
    this.#cluster.startTwin(node)
    let isOver = false
    const firstIsWell = (): void => {
      if (isOver) return
      isOver = true
      trouble?.end()
    }
    this.#world.clock.after(firstMs, firstIsWell)
    return {
      tookEffect: () => true,
      end: () => {
        firstIsWell()
        this.#kill(twin, powerLoss)
      }
    }
  }

  #stop(fault: Extract<Fault, { fault: 'stop' | 'suspend' }>): Pick<Begun, 'tookEffect' | 'end'> | undefined {
    const machine = this.#world.machine(fault.node)
    const { process } = machine
    if (process?.state !== 'running') return undefined
    const before = process.heldUp
    if (fault.fault === 'suspend') machine.suspend()
    else process.pause()
    this.#world.observe({ kind: 'stopped', process: fault.node })
    return {
      tookEffect: () => process.heldUp > before || fault.fault === 'suspend',
      end: () => {
        if (process.state !== 'paused') return
        machine.wake()
        this.#world.observe({ kind: 'continued', process: fault.node })
      }
    }
  }

  /** The greeting of one of its connections arrives a second time, on a connection of its own. */
  #duplicate(node: string, pick: number): boolean {
    const { process } = this.#world.machine(node)
    const hellos = process?.alive === true ? [...process.hellos] : []
    const chosen = hellos[pick % Math.max(1, hellos.length)]
    if (chosen === undefined) return false
    const [address, hello] = chosen
    const transport = this.#world.network.memory.transport(node)
    const ghost = transport.dial(address, limits, { received() {}, closed() {} })
    ghost.send(hello)
    this.#world.clock.after(address === coordinatorAddress ? 300 : 1000, () => ghost.close())
    return true
  }

  #slowDisk(latencyMs: number): Pick<Begun, 'tookEffect' | 'end'> {
    const { disk } = this.#world
    const before = disk.slowed
    disk.latencyMs = latencyMs
    let after: number | undefined
    return {
      tookEffect: () => (after ?? disk.slowed) > before,
      end: () => {
        after = disk.slowed
        disk.latencyMs = 1
      }
    }
  }

  #trouble<T extends 'factories' | 'terminate'>(
    node: string,
    what: T,
    { mode, slowMs }: { readonly mode: 'slow' | 'fail' | 'hang'; readonly slowMs: number }
  ): Pick<Begun, 'tookEffect' | 'end'> | undefined {
    const troubles = this.#cluster.troubles.get(node)
    if (troubles === undefined) return undefined
    const hits = what === 'factories' ? 'factoriesHit' : 'terminateHit'
    const before = troubles[hits]
    troubles.slowMs = slowMs
    if (what === 'factories') troubles.factories = mode
    else if (mode !== 'fail') troubles.terminate = mode
    let after: number | undefined
    return {
      tookEffect: () => (after ?? troubles[hits]) > before,
      end: () => {
        after = troubles[hits]
        troubles[what] = undefined
      }
    }
  }
}

/** Whether it goes on until something ends it. */
function isLasting({ fault }: Fault): boolean {
  return !['reset', 'duplicate', 'clockRate', 'wallClock', 'crash', 'newDisk'].includes(fault)
}

function isNoPartOfACore(name: FaultName): boolean {
  return name === 'factories' || name === 'terminate' || name === 'twin'
}

function touchedBy(fault: Fault): string[] {
  switch (fault.fault) {
    case 'cut':
    case 'delay':
      return [fault.from, fault.to]
    case 'reset':
      return fault.other === undefined ? [fault.node] : [fault.node, fault.other]
    case 'slowDisk':
    case 'newDisk':
      return ['coordinator']
    case 'crash':
    case 'stop':
    case 'suspend':
    case 'twin':
    case 'duplicate':
    case 'clockRate':
    case 'wallClock':
    case 'factories':
    case 'terminate':
      return [fault.node]
    default:
      return assertNever(fault)
  }
}

function describe(fault: Fault): string {
  const { fault: name, ...rest } = fault
  const fields = Object.entries(rest).map(([key, value]) => `${key}=${String(value)}`)
  return `${name} ${fields.join(' ')}`
}
