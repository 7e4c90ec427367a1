import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { silentLogger, type ContainerKind, type ContainerUuid } from '@hcengineering/network-core'
import { startTestNetwork, type TestNetwork } from '@hcengineering/network-testing'
import { describe, expect, test } from 'vitest'
import { EventHub } from '../../src/admin/event-hub.ts'
import * as schemas from '../../src/admin/schemas.ts'
import type { AdminServer } from '../../src/admin/server.ts'
import type { NetworkEventView } from '../../src/admin/views.ts'
import { startAdmin } from '../support/admin.ts'

interface Message {
  readonly event: string
  readonly data: unknown
}

/** Reads server-sent events from an address. */
class Page implements Disposable {
  readonly messages: Message[] = []
  ended = false
  private readonly answer: IncomingMessage
  private text = ''

  private constructor(answer: IncomingMessage) {
    this.answer = answer
    answer.setEncoding('utf8')
    answer.on('data', (chunk: string) => this.read(chunk))
    answer.on('close', () => {
      this.ended = true
    })
    answer.on('error', () => {})
  }

  static async open({ port }: AdminServer, query = ''): Promise<Page> {
    const request = get({ host: '127.0.0.1', port, path: `/api/events${query}` })
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    const { 'content-type': type } = answer.headers
    if (answer.statusCode !== 200 || type === undefined || !type.startsWith('text/event-stream'))
      throw new Error(`answered ${answer.statusCode} with ${type}`)
    return new Page(answer)
  }

  /** What came of the network, in order. */
  get events(): NetworkEventView[] {
    return this.messages
      .filter(({ event }) => event === 'network')
      .flatMap(({ data }) => schemas.networkEventView.array().parse(data))
  }

  [Symbol.dispose](): void {
    this.answer.destroy()
  }

  private read(chunk: string): void {
    this.text += chunk
    const parts = this.text.split('\n\n')
    this.text = parts.pop() ?? ''
    for (const part of parts) {
      const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(part) ?? []
      if (event !== undefined && data !== undefined)
        this.messages.push({ event, data: JSON.parse(data) as unknown })
    }
  }
}

async function haveRoom(net: TestNetwork, name: string, labels: string[] = []): Promise<void> {
  const client = await net.client()
  await client.get('room' as ContainerKind, { uuid: name as ContainerUuid, labels })
}

describe('events of the admin API, over a real socket', () => {
  test('tell what comes and goes, gathered, and a sample each second', async () => {
    await using net = await startTestNetwork()
    await using admin = await startAdmin(net)
    using page = await Page.open(admin)
    const agent = await net.agent({ kinds: ['room'] })
    await haveRoom(net, 'lobby', ['red'])
    await net.advance(1100)
    await expect.poll(() => page.events.length).toBe(2)
    expect(page.events).toMatchObject([
      { change: 'added', subject: 'agent', id: agent.uuid },
      {
        change: 'added',
        subject: 'container',
        id: 'lobby',
        kind: 'room',
        labels: ['red'],
        agentId: agent.uuid
      }
    ])
    await expect.poll(() => page.messages.some(({ event }) => event === 'sample')).toBe(true)
    const sample = page.messages.find(({ event }) => event === 'sample')
    expect(schemas.sample.parse(sample?.data)).toMatchObject({ agents: 1, containers: 1 })
  })

  test('of one kind, agent or container are for who asks for these', async () => {
    await using net = await startTestNetwork()
    await using admin = await startAdmin(net)
    await net.agent({ kinds: ['room'] })
    using hall = await Page.open(admin, '?uuid=hall')
    using others = await Page.open(admin, '?kind=nothing')
    using agents = await Page.open(admin, '?agent=agent-1&kind=room')
    await haveRoom(net, 'lobby')
    await haveRoom(net, 'hall')
    await net.advance(1100)
    await expect.poll(() => agents.events.map(({ id }) => id)).toEqual(['lobby', 'hall'])
    await expect.poll(() => hall.events.map(({ id }) => id)).toEqual(['hall'])
    await expect.poll(() => others.messages.length).toBeGreaterThan(0)
    expect(others.events).toEqual([])
  })

  test('end with the server', async () => {
    await using net = await startTestNetwork()
    const admin = await startAdmin(net)
    using page = await Page.open(admin)
    await admin.close()
    await expect.poll(() => page.ended).toBe(true)
  })
})

function hubOf(net: TestNetwork): EventHub {
  return new EventHub({ gateway: net.network.gateway, clock: net.clock, logger: silentLogger })
}

describe('the hub of events', () => {
  test('takes 64 listeners, and another one when one has left', async () => {
    await using net = await startTestNetwork()
    const hub = hubOf(net)
    const streams = Array.from({ length: 64 }, () => hub.subscribe({}))
    expect(() => hub.subscribe({})).toThrow(expect.objectContaining({ code: 'OVERLOADED' }))
    streams[0]?.destroy()
    await expect.poll(() => hub.size).toBe(63)
    hub.subscribe({})
    hub.close()
  })

  test('drops who does not read, and nobody else', async () => {
    await using net = await startTestNetwork()
    const hub = hubOf(net)
    const slow = hub.subscribe({})
    const quick = hub.subscribe({})
    let read = 0
    quick.on('data', (chunk: Buffer) => (read += chunk.length))
    const sample = { at: 0 } as never
    // A sample is some 30 bytes here: enough of them for more than may be unsent.
    for (let round = 0; round < 200 && !slow.destroyed; round++) {
      for (let index = 0; index < 1000; index++) hub.publish(sample)
      await new Promise(setImmediate)
    }
    expect(slow.destroyed).toBe(true)
    expect(quick.destroyed).toBe(false)
    expect(read).toBeGreaterThan(4_000_000)
    expect(hub.size).toBe(1)
    hub.close()
  })

  test('leaves out the oldest of too many events at once, and says how many', async () => {
    await using net = await startTestNetwork()
    const listeners: Parameters<TestNetwork['network']['gateway']['onEvents']>[0][] = []
    const gateway = {
      onEvents: (listener: (typeof listeners)[0]) => {
        listeners.push(listener)
        return () => {}
      }
    }
    const hub = new EventHub({ gateway, clock: net.clock, logger: silentLogger })
    const stream = hub.subscribe({})
    const agents = Array.from({ length: 2500 }, (_, index) => ({ id: `agent-${index}`, kinds: [], event: 0 }))
    listeners[0]?.({ event: { agents: agents as never, containers: [] }, holders: [] })
    await net.advance(100)
    const text = String(stream.read())
    expect(text).toContain('event: missed\ndata: {"count":500}\n\n')
    expect(text).not.toContain('"agent-499"')
    expect(text).toContain('"agent-500"')
    hub.close()
  })

  test('says that it is alive when nothing happens', async () => {
    await using net = await startTestNetwork()
    const hub = hubOf(net)
    const stream = hub.subscribe({ kind: 'room' })
    await net.advance(15_000)
    expect(String(stream.read())).toContain(': alive\n\n')
    hub.close()
  })
})
