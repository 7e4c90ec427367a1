import { resolve } from 'node:path'
import { now } from './history.ts'
import { ChaosProcess } from './process.ts'
import type { TransportName } from './transports.ts'

const programs: Readonly<Record<TransportName, string>> = {
  zeromq: resolve(import.meta.dirname, '../../pods/network-pod/src/main.ts'),
  tcp: resolve(import.meta.dirname, '../programs/coordinator.ts')
}

/** How the coordinator of a cluster runs. */
export interface CoordinatorOptions {
  readonly transport: TransportName
  readonly host: string
  readonly port: number
  readonly dataDir: string
  readonly unusedContainerTimeout: number
  readonly prefix?: readonly string[] | undefined
}

/** The pod, which keeps its data and its port when it is started again. */
export class Coordinator {
  private readonly options: CoordinatorOptions
  private process: ChaosProcess | undefined

  constructor(options: CoordinatorOptions) {
    this.options = options
  }

  /** @returns when it listened */
  async start(): Promise<number> {
    const { transport, host, port, dataDir, unusedContainerTimeout, prefix = [] } = this.options
    this.process = new ChaosProcess({
      file: programs[transport],
      prefix,
      log: `${dataDir}.log`,
      env: {
        HOST: host,
        PORT: String(port),
        ADMIN_PORT: 'off',
        DATA_DIR: dataDir,
        UNUSED_CONTAINER_TIMEOUT: String(unusedContainerTimeout),
        LOG_LEVEL: process.env['CHAOS_LOG_LEVEL'] ?? 'info'
      }
    })
    await this.process.firstLine
    return now()
  }

  get running(): ChaosProcess {
    if (this.process === undefined) throw new Error('the coordinator has not been started')
    return this.process
  }
}
