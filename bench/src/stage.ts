import { join } from 'node:path'
import type { Figures, Load } from './messages.ts'
import { ForeignProcess, ProgramProcess, readFigures } from './process.ts'

/** How long things are measured. */
export interface Durations {
  readonly warmUpMs: number
  /** With many requests in flight: what is done once for a hundred of them runs rarely, and is compiled late. */
  readonly busyWarmUpMs: number
  readonly measureMs: number
  /** How long the processor time of what is idle is measured. */
  readonly idleMs: number
  /** How often 5,000 containers are got at once in one run. */
  readonly getsTimes: number
}

const warmUpInFlight = 64
const busyFrom = 256
const warmUpBytes = 4 * 1024 * 1024
/** A load measures something; of what warms up nothing is kept. */
const discardedMs = 100

/** Where profiles go, and what they are called. */
export interface ProfilePlan {
  readonly folder: string
  readonly prefix: string
}

interface Stoppable {
  stop(): Promise<void>
}

/** The processes of one run. They are all stopped at its end, however it ended. */
export class Stage {
  readonly durations: Durations
  private readonly endsAt: number
  private readonly profile: ProfilePlan | undefined
  private readonly processes: Stoppable[] = []

  /** @param limitMs nothing may take longer, all in all */
  constructor(durations: Durations, limitMs: number, profile?: ProfilePlan) {
    this.durations = durations
    this.endsAt = performance.now() + limitMs
    this.profile = profile
  }

  load(inFlight: number): Load {
    const { warmUpMs, busyWarmUpMs, measureMs } = this.durations
    return { inFlight, warmUpMs: inFlight >= busyFrom ? busyWarmUpMs : warmUpMs, measureMs }
  }

  /** Starts a program of ours or of a peer. */
  start(program: string, nodeOptions: readonly string[] = []): Started {
    const process = new ProgramProcess(program, [...nodeOptions, ...this.profileOptions(program)])
    this.processes.push(process)
    return new Started(process, () => Math.max(1, this.endsAt - performance.now()))
  }

  /** Starts somebody else's program. */
  startForeign(command: string, args: readonly string[]): void {
    this.processes.push(new ForeignProcess(command, args))
  }

  async close(): Promise<void> {
    // The client first, so that nobody has to notice that its peers have gone.
    for (const process of this.processes.toReversed()) await process.stop()
  }

  private profileOptions(program: string): string[] {
    if (this.profile === undefined) return []
    const { folder, prefix } = this.profile
    const name = `${prefix}-${program}-${this.processes.length}.cpuprofile`
    return ['--cpu-prof', `--cpu-prof-dir=${join(folder)}`, `--cpu-prof-name=${name}`]
  }
}

/** A program that runs. */
export class Started {
  private readonly process: ProgramProcess
  private readonly leftMs: () => number

  constructor(process: ProgramProcess, leftMs: () => number) {
    this.process = process
    this.leftMs = leftMs
  }

  /** Has it do something that is not measured. */
  async ask<T>(name: string, data?: unknown): Promise<T> {
    return (await this.process.call(name, data, this.leftMs())) as T
  }

  /**
   * Has it measure a load, when it is warm: a process that has just begun compiles what it runs, the more of it
   * the more often that runs. So the load is put on twice, first with more in flight than is measured.
   */
  async measureWarm(name: string, load: Load & { readonly size?: number | undefined }): Promise<Figures> {
    const inFlight = Math.min(warmUpInFlight, Math.ceil(warmUpBytes / (load.size ?? 1)))
    if (load.inFlight >= inFlight) return this.measure(name, load)
    const warmUpMs = load.warmUpMs / 2
    await this.measure(name, { ...load, inFlight, warmUpMs, measureMs: discardedMs })
    return this.measure(name, { ...load, warmUpMs })
  }

  /** Has it measure something. */
  async measure(name: string, data?: unknown): Promise<Figures> {
    return readFigures(await this.process.call(name, data, this.leftMs()))
  }
}
