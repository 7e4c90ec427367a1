/** The floor of what goes through a third process: passes messages on between clients and one worker, over raw zeromq.js. */

import { Context, Router } from 'zeromq'
import { serveCalls } from './program.ts'

const context = new Context({ maxSockets: 64 })

/** The first to send an empty message is the worker: what others send goes to it, what it sends goes back to them. */
async function relay(router: Router): Promise<void> {
  let worker: Buffer | undefined
  for (;;) {
    const [from, first, second] = await router.receive()
    if (from === undefined || first === undefined) continue
    if (worker === undefined) worker = from
    else if (second === undefined) await router.send([worker, from, first])
    else await router.send([first, second])
  }
}

serveCalls({
  start: async () => {
    const router = new Router({ context, sendHighWaterMark: 10_000, receiveHighWaterMark: 10_000 })
    await router.bind('tcp://127.0.0.1:*')
    relay(router).catch((error: unknown) => {
      console.error(error)
      process.exit(1)
    })
    return { address: router.lastEndpoint ?? '' }
  }
})
