/** The floor: answers every message with itself, over raw zeromq.js. */

import { Context, Router } from 'zeromq'
import { serveCalls } from './program.ts'

const context = new Context({ maxSockets: 64 })

async function echo(router: Router): Promise<void> {
  for (;;) await router.send(await router.receive())
}

serveCalls({
  start: async () => {
    const router = new Router({ context, sendHighWaterMark: 10_000, receiveHighWaterMark: 10_000 })
    await router.bind('tcp://127.0.0.1:*')
    echo(router).catch((error: unknown) => {
      console.error(error)
      process.exit(1)
    })
    return { address: router.lastEndpoint ?? '' }
  }
})
