import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { expect, it } from 'vitest'
import { rpcError } from '../../src/errors.ts'
import { Dialler } from '../../src/peer/dialler.ts'
import { Listener } from '../../src/peer/listener.ts'
import { createTcpTransport } from '../../src/transport/tcp/index.ts'
import { createZeromqTransport } from '../../src/transport/zeromq/index.ts'
import { realClock } from '../support/real-clock.ts'

/** As from one side of the earth to the other, and back. */
const oneWayMs = 250

/** Passes on what comes after a while; returns where to dial. */
async function farFrom(port: number): Promise<{ address: string; close: () => void }> {
  const sockets = new Set<Socket>()
  const pass = (from: Socket, to: Socket): void => {
    sockets.add(from)
    from.on('error', () => {})
    from.on('data', (chunk) => setTimeout(() => to.write(chunk), oneWayMs))
    from.on('close', () => setTimeout(() => to.destroy(), oneWayMs))
  }
  const server = createServer({ noDelay: true }, (dialled) => {
    const onward = connect({ host: '127.0.0.1', port, noDelay: true })
    pass(dialled, onward)
    pass(onward, dialled)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = (): void => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, close }
}

it.each([
  { name: 'zeromq', create: () => createZeromqTransport() },
  { name: 'tcp', create: () => createTcpTransport() }
])('a listener that is half a second away is reached over $name, and stays', async ({ create }) => {
  const common = {
    transport: create(),
    clock: realClock,
    errors: rpcError,
    ids: randomUUID,
    handler: { request: () => {}, send: () => {} }
  }
  const listener = new Listener({ ...common, host: '127.0.0.1', port: 0, pingIntervalMs: 1000 })
  const far = await farFrom(listener.port)
  const reasons: string[] = []
  const dialler = new Dialler({
    ...common,
    address: far.address,
    peerId: 'far',
    aliveTimeoutMs: 3000,
    onDisconnected: (reason) => reasons.push(reason)
  }).start()
  await dialler.waitConnected(5000)
  expect(reasons).toEqual([])
  dialler.close()
  await listener.close()
  far.close()
})
