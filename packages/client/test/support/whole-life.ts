/** A process that does everything once and closes it all: it must then end by itself. */

import { containerUuid, NetworkImpl, TickManagerImpl, type ContainerKind } from '@hcengineering/network-core'
import { NetworkServer } from '@hcengineering/network-server'
import { echoContainer } from '@hcengineering/network-testing'
import { createNetworkClient } from '../../src/index.ts'

const ticks = new TickManagerImpl(10)
ticks.start()
const network = new NetworkImpl(ticks)
const server = new NetworkServer(network, ticks, 'localhost', 0)
const address = `localhost:${server.getPort()}`
const host = createNetworkClient(address)
const served = await host.serveAgent('localhost:0', {
  room: () => ({ uuid: containerUuid(), container: echoContainer(), endpoint: 'room://' as never })
})
const client = createNetworkClient(address)
client.onUpdate(() => {})
const room = await client.get('room' as ContainerKind)
const connection = await room.connect()
console.log(await connection.request('say', 'hello'))
await client.close()
await served.server.close()
await host.close()
await server.close()
await network.close()
ticks.stop()
console.log('closed')
