import { once } from 'node:events'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { Dealer } from 'zeromq'
import { describe, expect, it } from 'vitest'
import { parseDialAddress, parseListenAddress } from '../../src/transport/address.ts'
import { createZeromqTransport, zeromqTransport } from '../../src/transport/zeromq/index.ts'
import { firstLine, start, uncaughtWhile } from './processes.ts'
import { Recorder, RecordingListener, bytes, defaultLimits, dial, text } from './recorder.ts'

describe('zeromq addresses', () => {
  it.each(['tcp://localhost:%', '127.0.0.1:%', 'tcp://127.0.0.1:%'])('dials %s', async (form) => {
    await using server = new RecordingListener(zeromqTransport)
    const client = dial(zeromqTransport, form.replace('%', String(server.listener.port)))
    client.connection.send(bytes('hello'))
    const peer = await server.connection(0)
    expect((await peer.heard.count(1)).map(text)).toEqual(['hello'])
    client.connection.close()
  })

  it('knows IPv6 addresses', () => {
    expect(parseDialAddress('[::1]:80')).toEqual({ host: '::1', port: 80, family: 6 })
    expect(parseListenAddress('::1', 80)).toEqual({ url: 'tcp://[::1]:80', ipv6: true })
    expect(parseListenAddress('[::]', 0)).toEqual({ url: 'tcp://[::]:*', ipv6: true })
  })

  it('listens and dials over IPv6, where the machine has it', async () => {
    const addresses = Object.values(networkInterfaces()).flatMap((found) => found ?? [])
    const host = addresses.some(({ address }) => address === '::1') ? '::1' : '127.0.0.1'
    const heard = new Recorder()
    const listener = zeromqTransport.listen({ host, port: 0 }, defaultLimits, () => heard)
    const client = dial(
      zeromqTransport,
      host === '::1' ? `[::1]:${listener.port}` : `${host}:${listener.port}`
    )
    client.connection.send(bytes('hello'))
    expect((await heard.count(1)).map(text)).toEqual(['hello'])
    client.connection.close()
    await listener.close()
  })

  it('looks names up, and tells of those that there are not', async () => {
    const client = dial(zeromqTransport, 'no-such-host.invalid:3737')
    client.connection.send(bytes('hello'))
    expect(client.connection.bufferedBytes).toBe(5)
    expect(await client.heard.ended()).toContain('no-such-host.invalid')
  })

  it.each(['[localhost]:1', 'ipc://x:1', 'tcp://*:1', '::1:80'])('cannot dial %j', (address) => {
    expect(() => dial(zeromqTransport, address)).toThrow(expect.objectContaining({ code: 'ADDRESS_INVALID' }))
  })

  it.each(['no-such-host.invalid', '192.0.2.1', 'not an address', ''])('cannot listen at %j', (host) => {
    expect(() => zeromqTransport.listen({ host, port: 0 }, defaultLimits, () => new Recorder())).toThrow(
      expect.objectContaining({ code: 'ADDRESS_INVALID' })
    )
  })

  it('checks its options', () => {
    expect(() => createZeromqTransport({ highWaterMark: 0 })).toThrow(/highWaterMark/)
  })
})

describe('zeromq listener', () => {
  it('drops and counts what is not one frame, or from a peer with its own routing id', async () => {
    const heard = new Recorder()
    let accepted = 0
    const listener = createZeromqTransport().listen({ host: 'localhost', port: 0 }, defaultLimits, () => {
      accepted++
      return heard
    })
    const address = `tcp://127.0.0.1:${listener.port}`
    const garbage = new Dealer({ linger: 0 })
    garbage.connect(address)
    const named = new Dealer({ linger: 0, routingId: 'named' })
    named.connect(address)
    await garbage.send(['two', 'frames'])
    await garbage.send(['now', 'three', 'frames'])
    await named.send('one frame')
    await garbage.send(['', ''])
    // Behind the rest, so that all of it has been seen when this has.
    const client = dial(zeromqTransport, address)
    while (listener.dropped.malformed < 3) {
      const before = heard.messages.length
      client.connection.send(bytes('ping'))
      await heard.count(before + 1)
    }
    expect(accepted).toBe(1)
    expect(heard.reasons).toEqual([])
    garbage.close()
    named.close()
    client.connection.close()
    await listener.close()
  })

  it('drops what comes from peers beyond the number it takes', async () => {
    const transport = createZeromqTransport({ connectionsMax: 1 })
    const heard = new Recorder()
    const listener = transport.listen({ host: 'localhost', port: 0 }, defaultLimits, () => heard)
    const first = dial(transport, `localhost:${listener.port}`)
    first.connection.send(bytes('first'))
    await heard.count(1)
    const second = dial(transport, `localhost:${listener.port}`)
    second.connection.send(bytes('second'))
    while (listener.dropped.beyondConnectionsMax === 0) {
      const before = heard.messages.length
      first.connection.send(bytes('ping'))
      await heard.count(before + 1)
    }
    expect(listener.connections).toBe(1)
    first.connection.close()
    await heard.ended()
    expect(listener.connections).toBe(0)
    second.connection.send(bytes('second'))
    await heard.until(() => heard.messages.some((message) => text(message) === 'second'))
    second.connection.close()
    await listener.close()
  })

  it('finds out that a peer is gone when it sends to it', async () => {
    await using server = new RecordingListener(zeromqTransport)
    const raw = new Dealer({ linger: 0 })
    raw.connect(`tcp://127.0.0.1:${server.listener.port}`)
    await raw.send('hello')
    const peer = await server.connection(0)
    const { events } = raw
    raw.close()
    for (let event = await events.receive(); event.type !== 'end'; event = await events.receive());
    while (peer.heard.reasons.length === 0) {
      peer.connection.send(bytes('are you there?'))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(peer.heard.reasons).toEqual(['the other side is gone'])
  })

  it('does not take what a peer still sends for a new connection', async () => {
    await using server = new RecordingListener(zeromqTransport)
    // A peer that does not know the marker.
    const raw = new Dealer({ linger: 0 })
    raw.connect(`tcp://127.0.0.1:${server.listener.port}`)
    await raw.send('hello')
    const peer = await server.connection(0)
    peer.connection.close()
    expect((await raw.receive()).map((frame) => frame.length)).toEqual([0, 0])
    await raw.send('still here')
    const other = dial(zeromqTransport, server.address)
    other.connection.send(bytes('another'))
    const second = await server.connection(1)
    expect((await second.heard.count(1)).map(text)).toEqual(['another'])
    raw.close()
    other.connection.close()
  })

  it('ends the connection of a peer that does not read, and no other', async () => {
    const transport = createZeromqTransport({ highWaterMark: 10 })
    await using server = new RecordingListener(transport)
    const raw = new Dealer({ linger: 0, receiveHighWaterMark: 1 })
    raw.connect(`tcp://127.0.0.1:${server.listener.port}`)
    await raw.send('hello')
    const deaf = await server.connection(0)
    const other = dial(transport, server.address)
    other.connection.send(bytes('hello'))
    const otherPeer = await server.connection(1)
    while (deaf.heard.reasons.length === 0) {
      deaf.connection.send(new Uint8Array(1024 * 1024))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(deaf.heard.reasons).toEqual(['the other side does not read'])
    otherPeer.connection.send(bytes('you do'))
    await other.heard.count(1)
    raw.close()
    other.connection.close()
  })

  it('lives through a handler that throws', async () => {
    const thrown = await uncaughtWhile(async () => {
      const heard = new Recorder()
      const listener = zeromqTransport.listen({ host: 'localhost', port: 0 }, defaultLimits, () => ({
        received: (message) => {
          heard.received(message)
          if (heard.messages.length === 1) throw new Error('a fault of the program')
        },
        closed: () => {}
      }))
      const client = dial(zeromqTransport, `localhost:${listener.port}`)
      client.connection.send(bytes('1'))
      client.connection.send(bytes('2'))
      await heard.count(2)
      client.connection.close()
      await listener.close()
    })
    expect(thrown).toEqual([new Error('a fault of the program')])
  })
})

describe('zeromq dialler', () => {
  it('hears within moments that the other process was killed', async () => {
    const child = start('zeromq', 'echo')
    const client = dial(zeromqTransport, `localhost:${await firstLine(child)}`)
    client.connection.send(bytes('hello'))
    await client.heard.count(1)
    const killed = performance.now()
    child.kill('SIGKILL')
    await client.heard.ended()
    expect(performance.now() - killed).toBeLessThan(1000)
  })

  it('gives up on what is no ZeroMQ peer', async () => {
    const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const client = dial(zeromqTransport, `localhost:${port}`)
    expect(await client.heard.ended()).not.toBe('')
    server.close()
  })

  it('keeps nothing alive once all is closed', async () => {
    const child = start('zeromq', 'close')
    const [output, [code]] = await Promise.all([firstLine(child), once(child, 'exit')])
    expect([output, code]).toEqual(['closed', 0])
  })
})
