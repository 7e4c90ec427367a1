import { fileURLToPath } from 'node:url'
import { Child } from './child.ts'

/** How a coordinator is started. */
export interface PodOptions {
  /** 0 lets the system choose. */
  readonly port: number
  readonly adminPort: number
  readonly adminToken?: string | undefined
  /** More of the pod's settings. */
  readonly env?: Readonly<Record<string, string>> | undefined
}

/** A coordinator in a process of its own. */
export interface PodProcess {
  readonly child: Child
  readonly port: number
  readonly adminPort: number
}

/** Beside the pod's index there is its program; with sources as with built files. */
function podProgram(): string {
  const index = import.meta.resolve('@hcengineering/network-pod')
  return fileURLToPath(index.replace(/index\.(ts|js)$/, 'main.$1'))
}

/** Starts the pod's program, and waits until it listens. */
export async function startPodProcess({ port, adminPort, adminToken, env }: PodOptions): Promise<PodProcess> {
  const child = new Child({
    name: 'the coordinator',
    file: podProgram(),
    env: {
      HOST: 'localhost',
      PORT: String(port),
      ADMIN_PORT: String(adminPort),
      LOG_LEVEL: 'info',
      ...(adminToken !== undefined && { ADMIN_TOKEN: adminToken }),
      ...env
    }
  })
  try {
    const line = JSON.parse(await child.ready()) as { port: number; adminPort: number }
    return { child, port: line.port, adminPort: line.adminPort }
  } catch (error) {
    await child.kill()
    throw error
  }
}
