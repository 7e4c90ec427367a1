import { once } from 'node:events'
import net, { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createTcpTransport, tcpTransport } from '../../src/transport/tcp/index.ts'
import { FrameReader } from '../../src/transport/tcp/frame-reader.ts'
import { firstLine, start, uncaughtWhile } from './processes.ts'
import { Recorder, RecordingListener, bytes, defaultLimits, dial, text } from './recorder.ts'

const interfaces = Object.entries(networkInterfaces())
const hasIPv6 = interfaces.some(([, found]) => found?.some(({ address }) => address === '::1'))

function frame(message: string | Uint8Array): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt32LE(message.length)
  return Buffer.concat([head, Buffer.from(message)])
}

function header(length: number): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt32LE(length)
  return head
}

/** A peer that speaks bytes, and leaves its side open when the other one ends. */
async function rawPeer(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** Listens at a host, dials an address, and returns what arrives of a greeting. */
async function greeting(host: string, address: (port: number) => string): Promise<string[]> {
  const heard = new Recorder()
  const listener = tcpTransport.listen({ host, port: 0 }, defaultLimits, () => heard)
  const client = dial(tcpTransport, address(listener.port))
  client.connection.send(bytes('hello'))
  const messages = await heard.count(1)
  client.connection.close()
  await listener.close()
  return messages.map(text)
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}

describe('tcp addresses', () => {
  it.each(['tcp://localhost:%', 'localhost:%', '127.0.0.1:%'])('dials %s', async (form) => {
    expect(await greeting('localhost', (port) => form.replace('%', String(port)))).toEqual(['hello'])
  })

  it('listens on every interface, for IPv4 and, where the machine has it, IPv6', async () => {
    const local = hasIPv6 ? '[::1]' : '127.0.0.1'
    expect(await greeting('*', (port) => `127.0.0.1:${port}`)).toEqual(['hello'])
    expect(await greeting('*', (port) => `${local}:${port}`)).toEqual(['hello'])
    expect(await greeting(local, (port) => `${local}:${port}`)).toEqual(['hello'])
  })

  it('listens at an interface by its name', async () => {
    const [name, found] = interfaces.find(([, found]) => found?.some(({ family }) => family === 'IPv4'))!
    const { address } = found!.find(({ family }) => family === 'IPv4')!
    expect(await greeting(name, (port) => `${address}:${port}`)).toEqual(['hello'])
  })

  it('says who is at the other end', async () => {
    await using server = new RecordingListener(tcpTransport)
    const client = dial(tcpTransport, server.address)
    const peer = await server.connection(0)
    expect(client.connection.remote).toBe(`tcp://127.0.0.1:${server.listener.port}`)
    expect(peer.connection.remote).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/)
    client.connection.close()
  })

  it('looks names up, and tells of those that there are not', async () => {
    const client = dial(tcpTransport, 'no-such-host.invalid:3737')
    client.connection.send(bytes('hello'))
    expect(await client.heard.ended()).toContain('no-such-host.invalid')
  })

  it.each(['[localhost]:1', 'ipc://x:1', 'tcp://*:1', '::1:80'])('cannot dial %j', (address) => {
    expect(() => dial(tcpTransport, address)).toThrow(expect.objectContaining({ code: 'ADDRESS_INVALID' }))
  })

  it.each(['no-such-host.invalid', '203.0.113.1', 'not an address', ''])('cannot listen at %j', (host) => {
    expect(() => tcpTransport.listen({ host, port: 0 }, defaultLimits, () => new Recorder())).toThrow(
      expect.objectContaining({ code: 'ADDRESS_INVALID' })
    )
  })

  it.each(['*', 'localhost'])('refuses a port of %s that is taken', async (host) => {
    await using first = new RecordingListener(tcpTransport)
    const { port } = first.listener
    expect(() => tcpTransport.listen({ host, port }, defaultLimits, () => new Recorder())).toThrow(
      expect.objectContaining({ code: 'ADDRESS_IN_USE' })
    )
  })

  it('listens at once on a Node without BoundSocket', async () => {
    const { BoundSocket } = net
    Object.assign(net, { BoundSocket: undefined })
    onTestFinished(() => void Object.assign(net, { BoundSocket }))
    await using first = new RecordingListener(tcpTransport)
    const { port } = first.listener
    expect(() => new RecordingListener(tcpTransport, defaultLimits, port)).toThrow(
      expect.objectContaining({ code: 'ADDRESS_IN_USE' })
    )
    expect(() =>
      tcpTransport.listen({ host: '203.0.113.1', port: 0 }, defaultLimits, () => new Recorder())
    ).toThrow(expect.objectContaining({ code: 'ADDRESS_INVALID' }))
    expect(await greeting('*', (port) => `localhost:${port}`)).toEqual(['hello'])
  })

  it('checks its options', () => {
    expect(() => createTcpTransport({ unsentBytesMax: 0 })).toThrow(/unsentBytesMax/)
  })
})

describe('tcp frames', () => {
  const messages = [1, 3, 4, 300, 5000, 17_000, 300_000].map((length) =>
    new Uint8Array(length).map((_, i) => i * 31 + length)
  )
  const stream = Buffer.concat(messages.map(frame))

  it.each([1, 2, 3, 5, 7, 4096, 65_536, stream.length])('are read from chunks of %i bytes', (size) => {
    const read: Buffer[] = []
    const reader = new FrameReader(1_000_000, (message) => read.push(message))
    let fine = true
    for (let at = 0; at < stream.length; at += size)
      fine &&= reader.read(stream.subarray(at, at + size), false)
    expect(fine).toBe(true)
    expect(read.map((message, i) => Buffer.compare(message, messages[i]!))).toEqual(messages.map(() => 0))
  })

  it.each([3, 4096, 65_536])('outlive a buffer of %i bytes that is used again', (size) => {
    const read: Buffer[] = []
    const reader = new FrameReader(1_000_000, (message) => read.push(message))
    const lent = Buffer.alloc(size)
    for (let at = 0; at < stream.length; at += size) {
      const length = stream.copy(lent, 0, at, at + size)
      reader.read(lent.subarray(0, length), true)
      lent.fill(0xee)
    }
    expect(Buffer.compare(Buffer.concat(read), Buffer.concat(messages))).toBe(0)
  })

  it('cost what has arrived of them, not what they claim', () => {
    const before = process.memoryUsage().arrayBuffers
    const readers = Array.from({ length: 50 }, () => new FrameReader(64 * 1024 * 1024, () => {}))
    const start = Buffer.concat([header(64 * 1024 * 1024), Buffer.alloc(10)])
    for (const reader of readers) reader.read(start, false)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024)
    expect(readers.every((reader) => reader.read(Buffer.alloc(1), false))).toBe(true)
  })

  it('arrive byte by byte', async () => {
    await using server = new RecordingListener(tcpTransport)
    const raw = await rawPeer(server.listener.port)
    for (const byte of Buffer.concat([frame('one'), frame('two')])) {
      raw.write(Uint8Array.of(byte))
      await nextTurn()
    }
    const peer = await server.connection(0)
    expect((await peer.heard.count(2)).map(text)).toEqual(['one', 'two'])
  })

  it('leave as length and message, short and long ones of a turn in order', async () => {
    await using server = new RecordingListener(tcpTransport)
    const raw = await rawPeer(server.listener.port)
    const { connection } = await server.connection(0)
    const chunks: Buffer[] = []
    raw.on('data', (chunk) => chunks.push(chunk))
    for (const message of messages) connection.send(message)
    // As much as is gathered is written before the end of the turn.
    for (let i = 0; i < 100; i++) connection.send(messages[3]!)
    connection.close()
    await once(raw, 'end')
    const expected = Buffer.concat([stream, ...Array.from({ length: 100 }, () => frame(messages[3]!))])
    expect(Buffer.compare(Buffer.concat(chunks), expected)).toBe(0)
  })

  it.each([
    ['too long', header(0xffff_ffff)],
    ['one byte too long', header(defaultLimits.messageBytesMax + 1)],
    ['empty', header(0)],
    ['of another protocol', Buffer.from('GET / HTTP/1.1\r\n\r\n')]
  ])('that are %s end the connection', async (_, garbage) => {
    await using server = new RecordingListener(tcpTransport)
    const raw = await rawPeer(server.listener.port)
    raw.write(Buffer.concat([frame('fine'), garbage, frame('never read')]))
    const peer = await server.connection(0)
    await peer.heard.ended()
    expect(peer.heard.messages.map(text)).toEqual(['fine'])
  })
})

describe('tcp connections', () => {
  it('end when the other side ends its half, and end the other half', async () => {
    await using server = new RecordingListener(tcpTransport)
    const raw = await rawPeer(server.listener.port)
    const peer = await server.connection(0)
    raw.end(frame('last'))
    expect(await peer.heard.ended()).toBe('ended by the other side')
    expect(peer.heard.messages.map(text)).toEqual(['last'])
    raw.resume()
    await once(raw, 'close')
  })

  it.each(['dialled', 'accepted'] as const)('end when the other side vanishes: %s', async (side) => {
    const heard = new Recorder()
    let raw: Socket
    if (side === 'accepted') {
      const listener = tcpTransport.listen({ host: 'localhost', port: 0 }, defaultLimits, () => heard)
      onTestFinished(() => listener.close())
      raw = await rawPeer(listener.port)
    } else {
      const server = createServer().listen(0, '127.0.0.1')
      onTestFinished(() => void server.close())
      await once(server, 'listening')
      tcpTransport.dial(`localhost:${(server.address() as AddressInfo).port}`, defaultLimits, heard)
      ;[raw] = (await once(server, 'connection')) as [Socket]
      raw.on('error', () => {})
    }
    raw.write(Buffer.concat([frame('whole'), frame('only a part').subarray(0, 9)]))
    await heard.count(1)
    raw.resetAndDestroy()
    expect(await heard.ended()).toContain('ECONNRESET')
    expect(heard.messages.map(text)).toEqual(['whole'])
    expect(heard.reasons).toHaveLength(1)
  })

  it('of a peer that does not read end, and no others', async () => {
    const transport = createTcpTransport({ unsentBytesMax: 1024 * 1024 })
    await using server = new RecordingListener(transport)
    await rawPeer(server.listener.port)
    const deaf = await server.connection(0)
    const other = dial(transport, server.address)
    const otherPeer = await server.connection(1)
    while (deaf.heard.reasons.length === 0) {
      deaf.connection.send(new Uint8Array(300_000))
      expect(deaf.connection.bufferedBytes).toBeLessThan(2 * 1024 * 1024)
      expect(deaf.heard.reasons).toEqual([])
      await nextTurn()
    }
    expect(deaf.heard.reasons).toEqual(['the other side does not read'])
    otherPeer.connection.send(bytes('you do'))
    await other.heard.count(1)
    other.connection.close()
  })

  it('take one message longer than all that may wait', async () => {
    const transport = createTcpTransport({ unsentBytesMax: 1024 })
    await using server = new RecordingListener(transport)
    const client = dial(transport, server.address)
    client.connection.send(new Uint8Array(8 * 1024 * 1024))
    expect(client.connection.bufferedBytes).toBe(8 * 1024 * 1024 + 4)
    const [message] = await (await server.connection(0)).heard.count(1)
    expect(message).toHaveLength(8 * 1024 * 1024)
    client.connection.close()
  })

  it('send what they were given before they close', async () => {
    const transport = createTcpTransport({ lingerMs: 10_000 })
    await using server = new RecordingListener(transport)
    const client = dial(transport, server.address)
    for (let i = 0; i < 8; i++) client.connection.send(new Uint8Array(1024 * 1024))
    client.connection.close()
    client.connection.send(bytes('too late'))
    const peer = await server.connection(0)
    await peer.heard.ended()
    expect(peer.heard.messages).toHaveLength(8)
  })

  it('deliver the last word to a peer that is still sending', async () => {
    await using server = new RecordingListener(tcpTransport)
    const client = dial(tcpTransport, server.address)
    const peer = await server.connection(0)
    for (let i = 0; i < 50; i++) client.connection.send(new Uint8Array(10_000))
    peer.connection.send(bytes('goodbye'))
    peer.connection.close()
    await client.heard.ended()
    expect(client.heard.messages.map(text)).toEqual(['goodbye'])
    expect(peer.heard.messages).toHaveLength(0)
  })

  it('hand out nothing after they were closed, not even the rest of a chunk', async () => {
    await using server = new RecordingListener(tcpTransport)
    const heard = new Recorder()
    const connection = tcpTransport.dial(server.address, defaultLimits, {
      received: (message) => {
        heard.received(message)
        connection.close()
      },
      closed: (reason) => heard.closed(reason)
    })
    const peer = await server.connection(0)
    for (let i = 0; i < 10; i++) peer.connection.send(bytes(String(i)))
    await peer.heard.ended()
    expect(heard.messages.map(text)).toEqual(['0'])
    expect(heard.reasons).toEqual([])
  })

  it('live through a handler that throws', async () => {
    const thrown = await uncaughtWhile(async () => {
      const heard = new Recorder()
      const listener = tcpTransport.listen({ host: 'localhost', port: 0 }, defaultLimits, () => ({
        received: (message) => {
          heard.received(message)
          if (heard.messages.length === 1) throw new Error('a fault of the program')
        },
        closed: () => {}
      }))
      const client = dial(tcpTransport, `localhost:${listener.port}`)
      client.connection.send(bytes('1'))
      client.connection.send(bytes('2'))
      await heard.count(2)
      client.connection.close()
      await listener.close()
    })
    expect(thrown).toEqual([new Error('a fault of the program')])
  })
})

describe('tcp listener', () => {
  it('takes no more connections than it may, and another when one has gone', async () => {
    const transport = createTcpTransport({ connectionsMax: 1 })
    await using server = new RecordingListener(transport)
    const first = dial(transport, server.address)
    const { connection } = await server.connection(0)
    const second = dial(transport, server.address)
    await second.heard.ended()
    expect(server.accepted).toHaveLength(1)
    connection.send(bytes('you may stay'))
    await first.heard.count(1)

    connection.close()
    await first.heard.ended()
    // The first end may be a moment later in going than the second in hearing of it.
    for (;;) {
      const third = dial(transport, server.address)
      third.connection.send(bytes('hello'))
      const taken = server.connection(1).then(() => true)
      if (await Promise.race([taken, third.heard.ended().then(() => false)])) {
        third.connection.close()
        return
      }
    }
  })

  it('closes though a peer neither reads nor ends', async () => {
    const server = new RecordingListener(createTcpTransport({ lingerMs: 20 }))
    await rawPeer(server.listener.port)
    await rawPeer(server.listener.port)
    const deaf = await server.connection(0)
    const closedBefore = await server.connection(1)
    deaf.connection.send(new Uint8Array(16 * 1024 * 1024))
    closedBefore.connection.close()
    await server.listener.close()
    expect(deaf.heard.reasons).toEqual(['the listener has closed'])
    expect(closedBefore.heard.reasons).toEqual([])
  })

  it('ends a connection that it fails to accept', async () => {
    const thrown = await uncaughtWhile(async () => {
      const listener = tcpTransport.listen({ host: 'localhost', port: 0 }, defaultLimits, () => {
        throw new Error('a fault of the program')
      })
      await dial(tcpTransport, `localhost:${listener.port}`).heard.ended()
      await listener.close()
    })
    expect(thrown).toEqual([new Error('a fault of the program')])
  })
})

describe('tcp dialler', () => {
  it('hears within moments that the other process was killed', async () => {
    const child = start('tcp', 'echo')
    const client = dial(tcpTransport, `localhost:${await firstLine(child)}`)
    client.connection.send(bytes('hello'))
    await client.heard.count(1)
    const killed = performance.now()
    child.kill('SIGKILL')
    await client.heard.ended()
    expect(performance.now() - killed).toBeLessThan(1000)
  })

  it('keeps nothing alive once all is closed', async () => {
    const child = start('tcp', 'close')
    const [output, [code]] = await Promise.all([firstLine(child), once(child, 'exit')])
    expect([output, code]).toEqual(['closed', 0])
  })
})
