import { resolve } from 'node:path'
import type { AgentSettings, ClientSettings, Report } from './messages.ts'
import { ChaosProcess, type ProcessOptions } from './process.ts'
import type { Proxy } from './proxy.ts'

const programs = resolve(import.meta.dirname, '../programs')
const readyTimeoutMs = 30_000

/** An agent or a client: a process that can be started again and again, each time with a new life. */
export class Member<S extends AgentSettings | ClientSettings> {
  readonly name: string
  /** Before its own listener. */
  readonly proxy: Proxy | undefined
  settings: S
  private process: ChaosProcess | undefined
  private readonly program: 'agent' | 'client'
  private readonly prefix: readonly string[]
  private readonly onReport: (report: Report) => void
  private lives = 0
  private readonly nextSettings: (life: string) => S

  constructor(options: {
    name: string
    program: 'agent' | 'client'
    prefix?: readonly string[] | undefined
    proxy?: Proxy | undefined
    settings: (life: string) => S
    onReport: (report: Report) => void
  }) {
    this.name = options.name
    this.program = options.program
    this.prefix = options.prefix ?? []
    this.proxy = options.proxy
    this.nextSettings = options.settings
    this.settings = options.settings(`${options.name}.0`)
    this.onReport = options.onReport
  }

  /** Resolves once it has joined the network. */
  async start(): Promise<void> {
    await this.proxy?.up()
    this.settings = this.nextSettings(`${this.name}.${++this.lives}`)
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((ready, fail) => {
      const options: ProcessOptions = {
        file: resolve(programs, `${this.program}.ts`),
        settings: this.settings,
        prefix: this.prefix,
        onMessage: (message) => {
          const report = message as Report
          if (report.type === 'ready') ready()
          else this.onReport(report)
        }
      }
      const child = new ChaosProcess(options)
      this.process = child
      child.ended.then(
        () => fail(new Error(`${this.name} has ended before it was ready`)),
        (error: Error) => fail(error)
      )
      timer = setTimeout(() => fail(new Error(`${this.name} was not ready in time`)), readyTimeoutMs)
    }).finally(() => clearTimeout(timer))
  }

  get running(): ChaosProcess {
    if (this.process === undefined) throw new Error(`${this.name} has not been started`)
    return this.process
  }

  /** SIGKILL; an address of a proxy before it refuses from now on, as its own does. */
  async kill(): Promise<void> {
    this.running.signal('SIGKILL')
    this.proxy?.down()
    await this.running.ended
  }
}
