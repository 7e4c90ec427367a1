/**
 * Chat rooms with a page for browsers: open what it prints in two windows. Everything is in this one process,
 * coordinator and agent included, until Ctrl-C.
 *
 *     pnpm exec node --conditions=source examples/chat/main.ts
 */

import { once } from 'node:events'
import { createNetworkClient } from '@hcengineering/network-client'
import { NetworkImpl, TickManagerImpl } from '@hcengineering/network-core'
import { NetworkServer } from '@hcengineering/network-server'
import { startGateway } from './gateway.ts'
import { roomFactory, roomKind } from './room.ts'

const ticks = new TickManagerImpl(10)
const server = new NetworkServer(new NetworkImpl(ticks), ticks, '127.0.0.1', 0)
const client = createNetworkClient(`localhost:${server.getPort()}`)
const agent = await client.serveAgent('localhost:0', { [roomKind]: roomFactory })
const gateway = await startGateway(client, Number(process.env.PORT ?? 8080))
console.log(`Chat at ${gateway.url}`)

await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
await gateway.close()
await agent.close()
await client.close()
await server.close()
