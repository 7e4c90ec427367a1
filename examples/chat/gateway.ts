import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { NetworkClient } from '@hcengineering/network-client'
import { NetworkError, type ContainerUuid } from '@hcengineering/network-core'
import { roomKind, roomUuid, type Message } from './room.ts'

/** A web server before the network: browsers talk to it, and it is a client of the network. */
export interface Gateway {
  readonly url: string
  close(): Promise<void>
}

const bodyBytesMax = 10_000
/** A browser that has not read this much is cut off; it comes back by itself. */
const unreadBytesMax = 1_000_000

/**
 * Starts the gateway.
 *
 * - `GET /` is the page
 * - `GET /rooms/<room>` the messages of a room, as server-sent events
 * - `POST /rooms/<room>` says something there: `{ "user": "Ann", "text": "hello" }`
 */
export async function startGateway(client: NetworkClient, port: number): Promise<Gateway> {
  const page = await readFile(new URL('page.html', import.meta.url))
  const server = createServer((request, response) => {
    answer(client, page, request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy()
      else response.writeHead(statusOf(error)).end((error as Error).message)
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    }
  }
}

async function answer(
  client: NetworkClient,
  page: Buffer,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost')
  if (pathname === '/') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page)
    return
  }
  const room = roomUuid(/^\/rooms\/([^/]+)$/.exec(pathname)?.[1])
  if (room === undefined) response.writeHead(404).end()
  else if (request.method === 'GET') await listen(client, room, request, response)
  else if (request.method === 'POST') await say(client, room, request, response)
  else response.writeHead(405).end()
}

/** Passes on what happens in a room until the browser leaves. Its reference keeps the room alive. */
async function listen(
  client: NetworkClient,
  uuid: ContainerUuid,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> {
  await using room = await client.get(roomKind, { uuid })
  await using connection = await room.connect()
  const left = once(response, 'close')
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  const pass = (message: Message): void => {
    response.write(`id: ${message.id}\ndata: ${JSON.stringify(message)}\n\n`)
    if (response.writableLength > unreadBytesMax) response.destroy()
  }
  // The last messages first; what is said meanwhile waits in the connection until `on` is set.
  const seen = Number(request.headers['last-event-id'] ?? 0)
  const last: Message[] = await connection.request('last')
  for (const message of last) if (message.id > seen) pass(message)
  const newest = last.at(-1)?.id ?? 0
  connection.on = (message: Message) => {
    if (message.id > newest) pass(message)
  }
  await left
}

async function say(
  client: NetworkClient,
  uuid: ContainerUuid,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> {
  const body: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > bodyBytesMax) throw new NetworkError('BAD_MESSAGE', 'that is too long')
    body.push(chunk)
  }
  let message: unknown
  try {
    message = JSON.parse(Buffer.concat(body).toString())
  } catch {
    throw new NetworkError('BAD_MESSAGE', 'that is no JSON')
  }
  await using room = await client.get(roomKind, { uuid })
  await room.request('say', message, { timeoutMs: 5000 })
  response.writeHead(204).end()
}

function statusOf(error: unknown): number {
  if (!(error instanceof NetworkError)) return 500
  if (error.code === 'BAD_MESSAGE') return 400
  return error.retryable ? 503 : 500
}
