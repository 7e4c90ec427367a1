import { describe, expect, it } from 'vitest'
import { createMemoryNetwork } from '../../src/transport/memory/index.ts'
import type { Transport } from '../../src/transport/port.ts'
import { createTcpTransport } from '../../src/transport/tcp/index.ts'
import { createZeromqTransport } from '../../src/transport/zeromq/index.ts'
import { RecordingListener, bytes, defaultLimits, dial, text } from './recorder.ts'

const transports: Array<{ name: string; create: () => Transport }> = [
  { name: 'memory', create: () => createMemoryNetwork().transport() },
  { name: 'zeromq', create: () => createZeromqTransport() },
  { name: 'tcp', create: () => createTcpTransport() }
]

describe.each(transports)('transport $name', ({ name, create }) => {
  it('says its name', () => {
    expect(create().name).toBe(name)
  })

  it('delivers in order both ways', async () => {
    const transport = create()
    await using server = new RecordingListener(transport)
    const client = dial(transport, server.address)
    const count = 3000
    // All in one turn: no send may meet another one.
    for (let i = 0; i < count; i++) client.connection.send(bytes(`to server ${i}`))
    const peer = await server.connection(0)
    const arrived = await peer.heard.count(count)
    expect(arrived.map(text)).toEqual(Array.from({ length: count }, (_, i) => `to server ${i}`))

    for (let i = 0; i < count; i++) peer.connection.send(bytes(`to client ${i}`))
    const answered = await client.heard.count(count)
    expect(answered.map(text)).toEqual(Array.from({ length: count }, (_, i) => `to client ${i}`))
    expect(server.accepted).toHaveLength(1)
    client.connection.close()
  })

  it('never calls back from within a call', async () => {
    const transport = create()
    await using server = new RecordingListener(transport)
    const client = dial(transport, server.address)
    client.connection.send(bytes('1'))
    const peer = await server.connection(0)
    peer.connection.send(bytes('2'))
    expect(client.heard.messages).toHaveLength(0)
    await client.heard.count(1)
    client.connection.close()
    client.connection.send(bytes('after close'))
    expect(client.heard.reasons).toEqual([])
  })

  it('keeps the connections of several diallers apart', async () => {
    const transport = create()
    await using server = new RecordingListener(transport)
    const clients = ['a', 'b', 'c'].map((id) => ({ id, ...dial(transport, server.address) }))
    for (const { id, connection } of clients) connection.send(bytes(id))
    for (let i = 0; i < clients.length; i++) {
      const { connection, heard } = await server.connection(i)
      connection.send(bytes(`hello ${text((await heard.count(1))[0])}`))
    }
    for (const { id, heard, connection } of clients) {
      expect((await heard.count(1)).map(text)).toEqual([`hello ${id}`])
      connection.close()
    }
  })

  it('carries a message of 1 MiB, and the same bytes twice', async () => {
    const transport = create()
    await using server = new RecordingListener(transport)
    const client = dial(transport, server.address)
    const big = new Uint8Array(1024 * 1024).map((_, i) => i * 31)
    client.connection.send(big)
    client.connection.send(big)
    const peer = await server.connection(0)
    for (const message of await peer.heard.count(2)) expect(Buffer.compare(message, big)).toBe(0)
    client.connection.close()
  })

  it('refuses a taken port, and frees it when it closes', async () => {
    const transport = create()
    const first = new RecordingListener(transport)
    const { port } = first.listener
    expect(port).toBeGreaterThan(0)
    expect(() => new RecordingListener(transport, defaultLimits, port)).toThrow(
      expect.objectContaining({
        code: 'ADDRESS_IN_USE',
        message: expect.stringMatching(/taken.*another/) as string
      })
    )
    await first.listener.close()
    await using second = new RecordingListener(transport, defaultLimits, port)
    expect(second.listener.port).toBe(port)
  })

  it('gives different ports to who asks for port 0', async () => {
    const transport = create()
    await using first = new RecordingListener(transport)
    await using second = new RecordingListener(transport)
    expect(first.listener.port).not.toBe(second.listener.port)
  })

  it.each(['', 'localhost', 'localhost:', 'localhost:0', 'localhost:65536', 'local host:1', ':1'])(
    'cannot dial %j',
    (address) => {
      const transport = create()
      expect(() => dial(transport, address)).toThrow(expect.objectContaining({ code: 'ADDRESS_INVALID' }))
    }
  )

  it.each([-1, 65_536, 1.5])('cannot listen on port %s', (port) => {
    expect(() => new RecordingListener(create(), defaultLimits, port)).toThrow(
      expect.objectContaining({ code: 'ADDRESS_INVALID' })
    )
  })

  it('tells the listening side that the dialler has closed, after the last message', async () => {
    const transport = create()
    await using server = new RecordingListener(transport)
    const client = dial(transport, server.address)
    client.connection.send(bytes('goodbye'))
    client.connection.close()
    const peer = await server.connection(0)
    expect(await peer.heard.ended()).not.toBe('')
    expect(peer.heard.messages.map(text)).toEqual(['goodbye'])
    expect(client.heard.reasons).toEqual([])
  })

  it('tells the dialler that the listening side has closed, after the last message', async () => {
    const transport = create()
    await using server = new RecordingListener(transport)
    const client = dial(transport, server.address)
    client.connection.send(bytes('hello'))
    const peer = await server.connection(0)
    await peer.heard.count(1)
    peer.connection.send(bytes('goodbye'))
    peer.connection.close()
    expect(await client.heard.ended()).not.toBe('')
    expect(client.heard.messages.map(text)).toEqual(['goodbye'])
    expect(peer.heard.reasons).toEqual([])
    expect(server.accepted).toHaveLength(1)
  })

  it('ends every connection when the listener closes, after what was sent', async () => {
    const transport = create()
    const server = new RecordingListener(transport)
    const client = dial(transport, server.address)
    client.connection.send(bytes('hello'))
    const peer = await server.connection(0)
    await peer.heard.count(1)
    const count = 500
    for (let i = 0; i < count; i++) peer.connection.send(bytes(String(i)))
    await server.listener.close()
    await peer.heard.ended()
    await client.heard.ended()
    expect(client.heard.messages).toHaveLength(count)
    client.connection.send(bytes('nobody is there'))
    await server.listener.close()
  })

  it('tells who dials where nobody listens', async () => {
    const transport = create()
    const gone = new RecordingListener(transport)
    await gone.listener.close()
    const client = dial(transport, gone.address)
    client.connection.send(bytes('hello?'))
    expect(client.heard.reasons).toEqual([])
    expect(await client.heard.ended()).not.toBe('')
    client.connection.close()
    expect(client.heard.reasons).toHaveLength(1)
  })

  it.each(['listener', 'dialler'] as const)(
    'a message too long for the %s ends only its connection',
    async (side) => {
      const transport = create()
      const small = { messageBytesMax: 1000 }
      await using server = new RecordingListener(transport, side === 'listener' ? small : defaultLimits)
      const limits = side === 'dialler' ? small : defaultLimits
      const victim = dial(transport, server.address, limits)
      victim.connection.send(bytes('victim'))
      const victimPeer = await server.connection(0)
      const bystander = dial(transport, server.address, limits)
      bystander.connection.send(bytes('bystander'))
      const bystanderPeer = await server.connection(1)

      const sender = side === 'listener' ? victim : victimPeer
      sender.connection.send(new Uint8Array(1001))
      await victim.heard.ended()

      bystander.connection.send(new Uint8Array(1000))
      await bystanderPeer.heard.count(2)
      bystanderPeer.connection.send(new Uint8Array(1000))
      await bystander.heard.count(1)
      expect(bystander.heard.reasons).toEqual([])
      expect(victim.heard.messages).toHaveLength(0)
      expect(victimPeer.heard.messages).toHaveLength(1)
      bystander.connection.close()
    }
  )
})

describe.each(transports.filter(({ name }) => name !== 'memory'))('a dial over $name', ({ create }) => {
  it('tells once that the system at the address has answered', async () => {
    const transport = create()
    const server = new RecordingListener(transport)
    const client = dial(transport, server.address)
    expect(client.heard.timesReached).toBe(0)
    client.connection.send(bytes('1'))
    const peer = await server.connection(0)
    await peer.heard.count(1)
    peer.connection.send(bytes('2'))
    await client.heard.count(1)
    expect(client.heard.timesReached).toBe(1)
    client.connection.close()
    await server.listener.close()
    const inVain = dial(transport, server.address)
    await inVain.heard.ended()
    expect(inVain.heard.timesReached).toBe(0)
  })
})
