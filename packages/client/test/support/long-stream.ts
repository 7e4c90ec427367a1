/**
 * A process that reads a stream of 1 GiB, stops for a while after its beginning, and says what that took: the
 * coordinator, the agent and the client are all in it, joined by sockets.
 */

import { tcpTransport, zeromqTransport } from '@hcengineering/network-backrpc'
import { containerUuid, NetworkImpl, TickManagerImpl, type ContainerKind } from '@hcengineering/network-core'
import { NetworkServer } from '@hcengineering/network-server'
import { echoContainer } from '@hcengineering/network-testing'
import { setTimeout as pause } from 'node:timers/promises'
import { createAgent, createNetworkClient } from '../../src/index.ts'
import { itemBytes, itemsTotal, type LongStreamFigures } from './long-stream-figures.ts'

/** Items that are read before the reader stops. */
const itemsBefore = 64
/** Memory is looked at each time so many items have been read. */
const itemsBetween = 512
const pauseMs = 500

const [, , name, way] = process.argv
const transport = [tcpTransport, zeromqTransport].find((known) => known.name === name)
const { gc } = globalThis
if (transport === undefined || gc === undefined) throw new Error('usage: --expose-gc, transport, way')

/** What is in use, what could be collected aside. */
function memory(): { inUse: number; resident: number } {
  // The first lets go of buffers, the second waits until they are gone.
  gc?.()
  gc?.()
  const { heapUsed, external, rss } = process.memoryUsage()
  return { inUse: heapUsed + external, resident: rss }
}

let produced = 0
async function* produce() {
  for (; produced < itemsTotal; produced++) yield new Uint8Array(itemBytes).fill(produced)
}

const ticks = new TickManagerImpl(10)
const network = new NetworkImpl(ticks)
const server = new NetworkServer(network, ticks, 'localhost', 0, { transport })
const address = `localhost:${server.getPort()}`
const host = createNetworkClient(address, { transport })
const room = {
  uuid: containerUuid(),
  container: Object.assign(echoContainer(), { stream: produce }),
  endpoint: 'room://' as never
}
const served = await createAgent('localhost:0', { room: () => room }, { transport })
await host.register(served.agent)
const client = createNetworkClient(address, { transport, localAgents: false })
const reference = await client.get('room' as ContainerKind)
const via = way === 'directly' ? await reference.connect() : reference

const before = memory()
const items = via.stream('produce')
let read = 0
let aheadMax = 0
let inUseMax = 0
let wrong = 0

function look(): void {
  inUseMax = Math.max(inUseMax, memory().inUse - before.inUse)
}

async function readTo(count: number): Promise<void> {
  while (read < count) {
    const { value, done } = (await items.next()) as IteratorResult<Uint8Array, undefined>
    if (done === true) throw new Error(`the stream ended after ${read} items`)
    if (value.length !== itemBytes || value[0] !== (read & 0xff)) wrong++
    read++
    aheadMax = Math.max(aheadMax, produced - read)
    if (read % itemsBetween === 0) look()
  }
}

await readTo(itemsBefore)
await pause(pauseMs)
const producedFirst = produced
look()
await pause(pauseMs)
const producedLater = produced
look()
const stoppedInUse = inUseMax
const stoppedResident = memory().resident - before.resident
await readTo(itemsTotal)
const ended = (await items.next()).done === true

const figures: LongStreamFigures = {
  ended,
  read,
  wrong,
  stoppedAhead: (producedLater - itemsBefore) * itemBytes,
  producedWhileStopped: producedLater - producedFirst,
  aheadMax: aheadMax * itemBytes,
  stoppedInUse,
  stoppedResident,
  inUseMax
}
console.log(JSON.stringify(figures))
await client.close()
await served.close()
await host.close()
await server.close()
await network.close()
