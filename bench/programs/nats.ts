/** NATS request and reply: one file for both ends; its server is Debian's. */

import { connect, type NatsConnection } from '@nats-io/transport-node'
import type { Figures, Load } from '../src/messages.ts'
import { drive } from './drive.ts'
import { serveCalls } from './program.ts'
import { requireSame, smallObject, type SmallObject } from './small-object.ts'

let connection: NatsConnection | undefined

serveCalls({
  start: async ({ port, serves }: { port: number; serves: boolean }) => {
    connection = await connect({ servers: `127.0.0.1:${port}` })
    if (serves) {
      connection.subscribe('bench.echo', {
        callback: (_error, message) => {
          message.respond(JSON.stringify(message.json<SmallObject>()))
        }
      })
      await connection.flush()
    }
    return {}
  },
  echo: async (load: Load): Promise<Figures> => {
    const from = connection
    if (from === undefined) throw new Error('not started')
    return drive(load, async (n) => {
      const answer = await from.request('bench.echo', JSON.stringify(smallObject(n)), { timeout: 10_000 })
      requireSame(answer.json<SmallObject>(), n)
    })
  }
})
