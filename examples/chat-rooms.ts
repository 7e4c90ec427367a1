/**
 * Chat rooms behind a web server: browsers listen by server-sent events and say something by POST. Here two
 * programs play the browsers. For the page itself run `chat/main.ts`.
 *
 * It joins the network at NETWORK (default localhost:3737) with an agent of its own.
 */

import { createNetworkClient } from '@hcengineering/network-client'
import { startGateway } from './chat/gateway.ts'
import { roomFactory, roomKind, type Message } from './chat/room.ts'

/** What a browser's EventSource does: opens a room, and reads its messages one by one. */
async function* listen(url: string, room: string, signal: AbortSignal): AsyncGenerator<Message> {
  const response = await fetch(`${url}/rooms/${room}`, { signal })
  if (response.body === null) throw new Error('there is no body')
  let text = ''
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const events = (text + chunk).split('\n\n')
    text = events.pop() ?? ''
    for (const event of events) yield JSON.parse(/^data: (.*)$/m.exec(event)?.[1] ?? 'null') as Message
  }
}

async function say(url: string, room: string, user: string, text: string): Promise<number> {
  const body = JSON.stringify({ user, text })
  const response = await fetch(`${url}/rooms/${room}`, { method: 'POST', body })
  return response.status
}

const client = createNetworkClient(process.env.NETWORK ?? 'localhost:3737')
const { server } = await client.serveAgent('localhost:0', { [roomKind]: roomFactory })
const gateway = await startGateway(client, 0)
const leave = new AbortController()

const page = await fetch(gateway.url)
console.log('the page:', page.status, page.headers.get('content-type'))

const ann = listen(gateway.url, 'general', leave.signal)
console.log('Ann says hello:', await say(gateway.url, 'general', 'Ann', 'hello'))
console.log('Ann hears:', (await ann.next()).value)

// Ben comes later, and hears what was said before.
const ben = listen(gateway.url, 'general', leave.signal)
console.log('Ben hears:', (await ben.next()).value)
console.log('Ben answers:', await say(gateway.url, 'general', 'Ben', 'hello yourself'))
console.log('Ann hears:', (await ann.next()).value)
console.log('Ben hears:', (await ben.next()).value)

// Another room is another container. What makes no sense is refused by the room, or before it.
console.log('in the garden:', await say(gateway.url, 'garden', 'Ann', 'nobody here?'))
console.log('without a text:', await say(gateway.url, 'general', 'Ann', '  '))
console.log('in no room:', await say(gateway.url, 'no%20room', 'Ann', 'hello'))
const rooms = await client.list(roomKind)
console.log('rooms:', rooms.map(({ uuid }) => uuid).toSorted())

leave.abort()
await gateway.close()
await client.close()
await server.close()
