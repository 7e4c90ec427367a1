/** Answers every message that comes through the raw relay with itself. */

import { setTimeout } from 'node:timers/promises'
import { Dealer } from 'zeromq'
import { serveCalls } from './program.ts'

const dealer = new Dealer({ sendHighWaterMark: 10_000, receiveHighWaterMark: 10_000 })
/** The relay takes the first that it hears for the worker, and does not say when it has. */
const settleMs = 200

async function echo(): Promise<void> {
  await dealer.send('')
  for (;;) await dealer.send(await dealer.receive())
}

serveCalls({
  start: async ({ address }: { address: string }) => {
    dealer.connect(address)
    echo().catch((error: unknown) => {
      console.error(error)
      process.exit(1)
    })
    await setTimeout(settleMs)
    return {}
  }
})
