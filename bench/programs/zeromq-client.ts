/** Puts load on the raw zeromq.js echo. */

import { Dealer } from 'zeromq'
import type { Figures, Load } from '../src/messages.ts'
import { Window } from './drive.ts'
import { numberedBytes, requireNumber, writeNumber } from './numbered-bytes.ts'
import { serveCalls } from './program.ts'

const dealer = new Dealer({ sendHighWaterMark: 10_000, receiveHighWaterMark: 10_000 })

/** Answers come in order, so a place is free again when its turn comes: no table, no promise per request. */
async function echo({ size, ...load }: Load & { size: number }): Promise<Figures> {
  const window = new Window(load)
  const places = Array.from({ length: load.inFlight }, () => ({ bytes: numberedBytes(size), began: 0 }))
  let sent = 0
  let answered = 0
  const send = async (now: number): Promise<void> => {
    const place = places[sent % places.length]
    if (place === undefined) return
    place.began = now
    await dealer.send(writeNumber(place.bytes, sent++))
  }
  for (const _ of places) await send(performance.now())
  while (answered < sent) {
    const [answer] = await dealer.receive()
    const place = places[answered % places.length]
    if (answer === undefined || place === undefined) throw new Error('an answer without a frame')
    requireNumber(answer, answered++, size)
    const now = window.add(place.began)
    if (now < window.until) await send(now)
  }
  return window.figures()
}

serveCalls({
  start: ({ address }: { address: string }) => {
    dealer.connect(address)
    return {}
  },
  echo
})
