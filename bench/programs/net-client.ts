/** Puts load on the raw node:net echo. */

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Figures, Load } from '../src/messages.ts'
import { Window } from './drive.ts'
import { numberedBytes, requireNumber, writeNumber } from './numbered-bytes.ts'
import { serveCalls } from './program.ts'

let socket: Socket | undefined

function echo({ size, ...load }: Load & { size: number }): Promise<Figures> {
  return new Promise((resolve, reject) => {
    const to = socket
    if (to === undefined) throw new Error('not connected')
    const window = new Window(load)
    const places = Array.from({ length: load.inFlight }, () => ({ bytes: numberedBytes(size), began: 0 }))
    let sent = 0
    let answered = 0
    let rest: Buffer = Buffer.alloc(0)
    const send = (now: number): void => {
      const place = places[sent % places.length]
      if (place === undefined) return
      place.began = now
      to.write(writeNumber(place.bytes, sent++))
    }
    const take = (bytes: Buffer): void => {
      rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
      while (rest.length >= size) {
        const place = places[answered % places.length]
        if (place === undefined) return
        requireNumber(rest.subarray(0, size), answered++, size)
        rest = rest.subarray(size)
        const now = window.add(place.began)
        if (now < window.until) send(now)
      }
      if (answered < sent) return
      to.off('data', onData)
      to.off('error', reject)
      resolve(window.figures())
    }
    const onData = (bytes: Buffer): void => {
      try {
        take(bytes)
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)))
      }
    }
    to.on('data', onData)
    to.on('error', reject)
    for (const _ of places) send(performance.now())
  })
}

serveCalls({
  start: async ({ port }: { port: number }) => {
    socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    return {}
  },
  echo
})
