import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the ports that the system gives to those who dial: none is taken while a program that has it is down. */
const lowest = 20_000
const highest = 32_000

/** The first of so many ports in a row that nobody on the loopback has. */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = lowest + Math.floor(Math.random() * (highest - lowest - count))
    const ports = Array.from({ length: count }, (_, index) => first + index)
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return first
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  server.listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
