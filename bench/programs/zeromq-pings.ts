/** Many raw sockets that each send a raw echo server what an idle client sends its coordinator. */

import { Context, Dealer } from 'zeromq'
import { serveCalls } from './program.ts'

/** A ping of a session. */
const pingBytes = 17
const intervalMs = 1000

const context = new Context({ maxSockets: 16_384 })
let answered = 0

function fail(error: unknown): void {
  console.error(error)
  process.exit(1)
}

async function count(dealer: Dealer): Promise<void> {
  for (;;) {
    const [answer] = await dealer.receive()
    if (answer?.length !== pingBytes) throw new Error('a ping was answered with something else')
    answered++
  }
}

serveCalls({
  start: ({ address, count: sockets }: { address: string; count: number }) => {
    for (let index = 0; index < sockets; index++) {
      const dealer = new Dealer({ context })
      dealer.connect(address)
      count(dealer).catch(fail)
      const ping = (): void => {
        dealer.send(Buffer.alloc(pingBytes)).catch(fail)
      }
      setTimeout(() => setInterval(ping, intervalMs), (index * intervalMs) / sockets)
    }
    return {}
  },
  answered: () => ({ answered })
})
