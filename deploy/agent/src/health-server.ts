import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Answers probes. */
export interface HealthServer {
  /** Where it listens, once it does. */
  port(): number
  close(): Promise<void>
}

/**
 * `/livez` answers while the process is able to; `/readyz` while `isReady` says so.
 *
 * @param port 0 lets the system choose
 */
export function startHealthServer(port: number, isReady: () => boolean): HealthServer {
  const server = createServer(({ url }, response) => {
    if (url === '/livez') response.writeHead(200).end('alive\n')
    else if (url !== '/readyz') response.writeHead(404).end()
    else if (isReady()) response.writeHead(200).end('ready\n')
    else response.writeHead(503).end('not ready\n')
  })
  server.listen(port)
  return {
    port: () => (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}
