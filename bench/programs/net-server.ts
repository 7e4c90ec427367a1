/** The floor: answers every byte with itself, over raw node:net. */

import { createServer, type AddressInfo } from 'node:net'
import { serveCalls } from './program.ts'

serveCalls({
  start: () =>
    new Promise((resolve, reject) => {
      const server = createServer({ noDelay: true }, (socket) => {
        socket.on('data', (bytes) => {
          socket.write(bytes)
        })
        socket.on('error', () => socket.destroy())
      })
      server.on('error', reject)
      server.listen(0, '127.0.0.1', () => {
        resolve({ port: (server.address() as AddressInfo).port })
      })
    })
})
