import { describe, expect, it } from 'vitest'
import {
  createMemoryNetwork,
  memoryTransport,
  type MemoryConnection,
  type MemoryLink
} from '../../src/transport/memory/index.ts'
import { RecordingListener, bytes, dial, text } from './recorder.ts'

/** A schedule that a test carries out itself, in whatever order it likes. */
function manualSchedule() {
  const due: Array<{ deliver: () => void; link: MemoryLink }> = []
  return {
    due,
    schedule: (deliver: () => void, link: MemoryLink): void => {
      due.push({ deliver, link })
    },
    /** Carries out what is due, the newest first, until nothing is. */
    runBackwards: (): void => {
      for (let next = due.pop(); next !== undefined; next = due.pop()) next.deliver()
    }
  }
}

function only(connections: readonly MemoryConnection[]): MemoryConnection {
  const [connection, second] = connections
  if (connection === undefined || second !== undefined) throw new Error('not exactly one connection')
  return connection
}

function manualNetwork() {
  const manual = manualSchedule()
  const network = createMemoryNetwork({ schedule: manual.schedule })
  const server = new RecordingListener(network.transport('server'))
  const client = dial(network.transport('client'), server.address)
  return { ...manual, network, server, client }
}

/** A connection over which a message has gone each way. */
function openConnection() {
  const opened = manualNetwork()
  opened.client.connection.send(bytes('hello'))
  opened.runBackwards()
  const peer = opened.server.accepted[0]
  if (peer === undefined) throw new Error('not accepted')
  return { ...opened, peer }
}

describe('memory network', () => {
  it('delivers only when the schedule says so, in order whatever the schedule does', () => {
    const { client, server, due, runBackwards } = manualNetwork()
    for (const message of ['1', '2', '3']) client.connection.send(bytes(message))
    expect(server.accepted).toHaveLength(0)
    expect(due.map(({ link }) => link)).toEqual(
      Array.from({ length: 4 }, () => ({ from: 'client', to: 'server' }))
    )
    runBackwards()
    expect(server.accepted[0]?.heard.messages.map(text)).toEqual(['1', '2', '3'])
  })

  it('hands over the very bytes that were sent', () => {
    const { client, peer, runBackwards } = openConnection()
    const message = bytes('not copied')
    client.connection.send(message)
    runBackwards()
    expect(peer.heard.messages.at(-1)).toBe(message)
  })

  it('counts what is under way', () => {
    const { client, network, runBackwards } = manualNetwork()
    client.connection.send(new Uint8Array(10))
    expect(client.connection.bufferedBytes).toBe(10)
    expect(only(network.connections()).queuedBytesTowards('listener')).toBe(10)
    runBackwards()
    expect(client.connection.bufferedBytes).toBe(0)
  })

  it('ends a connection for which too much is queued, and not from within send', () => {
    const { schedule, runBackwards } = manualSchedule()
    const network = createMemoryNetwork({ schedule, queuedBytesMax: 100 })
    const server = new RecordingListener(network.transport())
    const client = dial(network.transport(), server.address)
    client.connection.send(new Uint8Array(100))
    client.connection.send(new Uint8Array(1))
    client.connection.send(new Uint8Array(1000))
    expect(client.connection.bufferedBytes).toBe(101)
    expect(client.heard.reasons).toHaveLength(0)
    runBackwards()
    expect(client.heard.reasons).toHaveLength(1)
    expect(network.connections()).toHaveLength(0)
  })

  it('lists the connections, and forgets those that both sides have left', () => {
    const { client, network, peer, runBackwards } = openConnection()
    expect(only(network.connections())).toMatchObject({ id: 1, dialler: 'client', listener: 'server' })
    client.connection.close()
    expect(network.connections()).toHaveLength(1)
    runBackwards()
    expect(peer.heard.reasons).toHaveLength(1)
    expect(network.connections()).toHaveLength(0)
  })

  it.each(['dialler', 'listener'] as const)('cuts a connection silently towards the %s', (side) => {
    const { client, network, peer, runBackwards } = openConnection()
    peer.connection.send(bytes('under way'))
    client.connection.send(bytes('under way'))
    only(network.connections()).cutTowards(side)
    peer.connection.send(bytes('later'))
    client.connection.send(bytes('later'))
    runBackwards()
    expect(client.heard.messages.map(text)).toEqual(side === 'dialler' ? [] : ['under way', 'later'])
    expect(peer.heard.messages.map(text)).toEqual(
      side === 'listener' ? ['hello'] : ['hello', 'under way', 'later']
    )
    expect([...client.heard.reasons, ...peer.heard.reasons]).toEqual([])
  })

  it('cuts one node off from another; what lost something stays dead when it is mended', () => {
    const { client, network, peer, server, runBackwards } = openConnection()
    const mend = network.cut({ from: 'client', to: 'server' })
    client.connection.send(bytes('lost'))
    peer.connection.send(bytes('the other way is open'))
    const unheard = dial(network.transport('client'), server.address)
    runBackwards()
    mend()
    client.connection.send(bytes('behind a gap'))
    const redialled = dial(network.transport('client'), server.address)
    redialled.connection.send(bytes('anew'))
    runBackwards()
    expect(peer.heard.messages.map(text)).toEqual(['hello'])
    expect(client.heard.messages.map(text)).toEqual(['the other way is open'])
    expect(unheard.heard.reasons).toEqual([])
    expect(server.accepted[1]?.heard.messages.map(text)).toEqual(['anew'])
  })

  it('resets a connection: both sides hear of it, what is under way is lost', () => {
    const { client, network, peer, runBackwards } = openConnection()
    client.connection.send(bytes('lost'))
    only(network.connections()).reset('a fault')
    runBackwards()
    expect(client.heard.reasons).toEqual(['a fault'])
    expect(peer.heard.reasons).toEqual(['a fault'])
    expect(peer.heard.messages).toHaveLength(1)
    expect(network.connections()).toHaveLength(0)
  })

  it('refuses or ignores dials to a port', () => {
    const { network, server, runBackwards } = manualNetwork()
    const { port } = server.listener
    network.answerDials(port, 'refuse')
    const refused = dial(network.transport(), server.address)
    runBackwards()
    network.answerDials(port, 'ignore')
    const ignored = dial(network.transport(), server.address)
    runBackwards()
    network.answerDials(port, 'pass')
    dial(network.transport(), server.address)
    runBackwards()
    expect(refused.heard.reasons).toHaveLength(1)
    expect(ignored.heard.reasons).toHaveLength(0)
    expect(server.accepted).toHaveLength(1)
  })

  it('crashes a node: it hears nothing, the others do, its port is free', () => {
    const { client, network, peer, server, runBackwards } = openConnection()
    network.crash('server')
    runBackwards()
    expect(client.heard.reasons).toHaveLength(1)
    expect(peer.heard.reasons).toHaveLength(0)
    expect(network.connections()).toHaveLength(0)
    const refused = dial(network.transport(), server.address)
    runBackwards()
    expect(refused.heard.reasons).toHaveLength(1)
  })

  it('leaves turns for the event loop between ends that answer each other at once', async () => {
    const transport = createMemoryNetwork().transport()
    let rounds = 0
    const listener = transport.listen({ host: '*', port: 0 }, { messageBytesMax: 10 }, (connection) => ({
      received: (message) => {
        rounds++
        connection.send(message)
      },
      closed: () => {}
    }))
    const connection = transport.dial(
      `tcp://localhost:${listener.port}`,
      { messageBytesMax: 10 },
      {
        received: (message) => connection.send(message),
        closed: () => {}
      }
    )
    connection.send(bytes('for ever'))
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(rounds).toBeGreaterThan(100)
    connection.close()
    await listener.close()
  })

  it('has one network for the whole process', async () => {
    await using server = new RecordingListener(memoryTransport)
    const client = dial(memoryTransport, server.address)
    client.connection.send(bytes('hello'))
    expect(await (await server.connection(0)).heard.count(1)).toHaveLength(1)
    client.connection.close()
  })

  it('checks its options', () => {
    expect(() => createMemoryNetwork({ queuedBytesMax: 0 })).toThrow(/queuedBytesMax/)
  })
})
