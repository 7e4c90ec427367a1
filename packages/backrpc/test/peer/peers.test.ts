import { describe, expect, it } from 'vitest'
import {
  encodeHello,
  encodeRefusal,
  encodeWelcome,
  decodeWelcome,
  decodeRefusal,
  type Hello
} from '../../src/protocol/handshake.ts'
import { MessageType } from '../../src/protocol/frames.ts'
import { defaultSessionLimits } from '../../src/protocol/limits.ts'
import { emptyPayload } from '../../src/protocol/values.ts'
import type { IncomingCall } from '../../src/session/incoming-call.ts'
import type { Transport } from '../../src/transport/port.ts'
import { ask, TestPeers } from '../support/peers.ts'
import { seededRandom } from '../support/random.ts'

const hello = {
  protocolMin: 1,
  protocolMax: 1,
  peerId: 'client-1',
  aliveTimeoutMs: 3000,
  limits: defaultSessionLimits
}

function connectedPeers(onRequest?: (call: IncomingCall) => void) {
  const peers = new TestPeers()
  const server = peers.listen({}, onRequest)
  const client = peers.dial()
  peers.run()
  return { peers, server, client, session: client.dialler.session }
}

/** A dialler whose first welcomes vanish, and what the listener has said meanwhile. */
function greetInVain(times: number) {
  const peers = new TestPeers()
  let sessions = 0
  const server = peers.listen({
    onSession: ({ session }) => {
      sessions++
      session.send({ operation: 'news', payload: emptyPayload })
    }
  })
  const news: string[] = []
  const client = peers.dial({
    handler: { request: () => {}, send: ({ operation }) => news.push(operation) }
  })
  for (let greeted = 0; greeted < times; greeted++) {
    const lost = peers.network.connections().at(-1)
    lost?.cutTowards('dialler')
    peers.run()
    // The next dial is under way, and has not been heard.
    const isNext = (): boolean => ![undefined, lost].includes(peers.network.connections().at(-1))
    while (!isNext()) peers.clock.advance(10)
  }
  return { peers, server, client, news, sessions: () => sessions }
}

describe('a dialler and a listener', () => {
  it('connect, and calls go both ways', () => {
    const { peers, server, client, session } = connectedPeers()
    expect(client.connected).toEqual([{ fresh: true }])
    expect(server.sessions.map(({ hello: { peerId } }) => peerId)).toEqual(['client-1'])
    const there = ask(session, 'there')
    const back = ask(server.sessions[0]?.session as typeof session, 'and back')
    peers.run()
    expect([...there, ...back]).toEqual([{ value: 'there' }, { value: 'and back' }])
  })

  it('tell each other what they are asked to, at every handshake', () => {
    const peers = new TestPeers()
    const details: unknown[] = []
    let dialled = 0
    peers.listen({ details: () => ({ epoch: 5 }), onHello: (each) => void details.push(each.details) })
    peers.dial({
      details: () => ({ dialled: ++dialled }),
      onConnected: (welcome) => void details.push(welcome.details)
    })
    peers.run()
    peers.reset()
    peers.pass(100)
    expect(details).toEqual([{ dialled: 1 }, { epoch: 5 }, { dialled: 2 }, { epoch: 5 }])
  })

  it('resume their session after a reset within a second', () => {
    const { peers, server, client, session } = connectedPeers(() => {})
    const outcomes = ask(session, 1)
    peers.run()
    peers.reset()
    server.calls[0]?.respond('kept')
    peers.pass(999)
    expect(outcomes).toEqual([{ value: 'kept' }])
    expect(client.connected).toEqual([{ fresh: true }, { fresh: false }])
    expect(server.sessions).toHaveLength(1)
    expect(server.calls).toHaveLength(1)
  })

  it.each(Array.from({ length: 8 }, (_, seed) => seed))(
    'run nothing twice and lose no answer over hundreds of cuts at any moment (seed %i)',
    (seed) => {
      const random = seededRandom(seed)
      const runs: number[] = []
      const hung: IncomingCall[] = []
      const { peers, server, session } = connectedPeers((call) => {
        const { id } = call.data as { id: number }
        runs[id] = (runs[id] ?? 0) + 1
        if (random() < 0.5) call.respondRaw(call.rawPayload)
        else hung.push(call)
      })
      const asked: Array<ReturnType<typeof ask>> = []
      for (let cuts = 0; cuts < 300;) {
        const dice = random()
        if (dice < 0.3) {
          const data = { id: asked.length, filler: Buffer.alloc(random() < 0.1 ? 30_000 : 10) }
          asked.push(ask(session, data, { timeoutMs: 1e9 }))
        } else if (dice < 0.4) {
          for (const call of hung.splice(0, 2)) call.respondRaw(call.rawPayload)
        } else if (dice < 0.6) {
          peers.turns.end()
        } else if (dice < 0.9) {
          for (let steps = random() * 6; steps > 0; steps--) peers.step()
        } else if (dice < 0.94) {
          peers.clock.advance(random() * 400)
        } else {
          cuts++
          const connections = peers.network.connections()
          // A reset is told to both; a black hole swallows one direction, acknowledgements for example.
          if (random() < 0.8) peers.reset()
          else connections.at(-1)?.cutTowards(random() < 0.5 ? 'dialler' : 'listener')
        }
      }
      for (let seconds = 0; seconds < 5; seconds++) peers.pass(1000)
      for (const call of hung) call.respondRaw(call.rawPayload)
      peers.pass(2000)
      expect(server.sessions).toHaveLength(1)
      expect(asked.map((outcomes) => (outcomes[0]?.value as { id: number } | undefined)?.id)).toEqual(
        asked.map((_, id) => id)
      )
      expect(asked.every((outcomes) => outcomes.length === 1)).toBe(true)
      expect(runs.every((count) => count === 1)).toBe(true)
      expect(session.callsInFlight).toBe(0)
    }
  )
})

describe('a welcome that is lost', () => {
  it('leaves no session behind: greeting again finds it, with what was said in it', () => {
    const { peers, server, client, news, sessions } = greetInVain(3)
    expect(client.connected).toEqual([])
    expect(server.listener.sessionCount).toBe(1)
    peers.run()
    expect(client.connected).toEqual([{ fresh: true }])
    expect(sessions()).toBe(1)
    const there = ask(client.dialler.session, 'there')
    peers.run()
    expect(there).toEqual([{ value: 'there' }])
    expect(news).toEqual(['news'])
    peers.pass(60_000)
    expect(server.ended).toEqual([])
    expect(server.listener.sessionCount).toBe(1)
  })

  it('is no trouble when the first greeting arrives after all, and late', () => {
    const peers = new TestPeers()
    const server = peers.listen()
    const attempt = 'the only one'
    const first = peers.dialRaw()
    const second = peers.dialRaw()
    second.connection.send(encodeHello({ ...hello, attempt }))
    peers.run()
    const { sessionId, secret } = decodeWelcome(second.heard[0] as Uint8Array)
    first.connection.send(encodeHello({ ...hello, attempt }))
    peers.run()
    expect(server.listener.sessionCount).toBe(1)
    expect(second.closed).toHaveLength(1)
    const third = peers.dialRaw()
    third.connection.send(encodeHello({ ...hello, resume: { sessionId, secret, received: 0 } }))
    peers.run()
    expect(decodeWelcome(third.heard[0] as Uint8Array)).toMatchObject({ sessionId, resumed: true })
    expect(server.listener.sessionCount).toBe(1)
  })

  it('gives the session to nobody else: not to another attempt, another peer, or once it has been used', () => {
    const peers = new TestPeers()
    const server = peers.listen()
    const attempt = 'the only one'
    const greet = (each: Partial<Hello>): { sessionId: string; say: (message: Uint8Array) => void } => {
      const { connection, heard } = peers.dialRaw()
      connection.send(encodeHello({ ...hello, attempt, ...each }))
      peers.run()
      const say = (message: Uint8Array): void => {
        connection.send(message)
        peers.run()
      }
      return { sessionId: decodeWelcome(heard[0] as Uint8Array).sessionId, say }
    }
    const own = greet({})
    const others = [greet({ attempt: 'another one' }), greet({ peerId: 'client-2', attempt })]
    own.say(Buffer.of(MessageType.ping, 0, 0, 0, 0, 0, 0, 0, 0))
    const later = greet({})
    const ids = [own, ...others, later].map(({ sessionId }) => sessionId)
    expect(new Set(ids).size).toBe(4)
    expect(server.listener.sessionCount).toBe(4)
    expect(server.ended).toEqual([])
  })
})

describe('a listener that was restarted', () => {
  it('leaves what was sent unknown, and gets what is idempotent or was not sent', () => {
    const { peers, client, session } = connectedPeers(() => {})
    const sent = ask(session, 'sent')
    const idempotent = ask(session, 'idempotent', { idempotent: true })
    peers.run()
    peers.network.crash('server')
    peers.run()
    const waiting = ask(session, 'waiting')
    const again = peers.listen()
    peers.pass(1500)
    expect(sent[0]?.error).toMatchObject({ code: 'OUTCOME_UNKNOWN', outcomeUnknown: true })
    expect(idempotent).toEqual([{ value: 'idempotent' }])
    expect(waiting).toEqual([{ value: 'waiting' }])
    expect(client.connected).toEqual([{ fresh: true }, { fresh: true }])
    expect(again.calls).toHaveLength(2)
  })

  it('tells peers that go on talking to it over connections it does not know', () => {
    const peers = new TestPeers()
    const server = peers.listen()
    const { connection, heard, closed } = peers.dialRaw()
    connection.send(Buffer.of(6, 0, 0, 0, 0, 0, 0, 0, 0))
    peers.run()
    expect(decodeRefusal(heard[0] as Uint8Array).code).toBe('UNKNOWN_CONNECTION')
    expect(closed).toHaveLength(1)
    expect(server.listener.refusedMessages).toBe(1)
  })

  it('that closes says goodbye: nothing of its sessions is resumed', async () => {
    const { peers, server, client, session } = connectedPeers(() => {})
    const sent = ask(session, 'sent')
    peers.run()
    const closing = server.listener.close()
    peers.run()
    await closing
    peers.run()
    expect(sent[0]?.error).toMatchObject({ code: 'OUTCOME_UNKNOWN' })
    expect(client.dialler.connected).toBe(false)
    expect(server.ended.map(({ reason }) => reason)).toEqual(['closed'])
    peers.listen()
    peers.pass(1500)
    expect(client.connected).toEqual([{ fresh: true }, { fresh: true }])
  })
})

describe('resuming', () => {
  it.each([
    ['with a wrong secret', { secret: 'guessed' }, {}],
    ['as somebody else', {}, { peerId: 'client-2' }],
    ['with an unknown session', { sessionId: 'another' }, {}]
  ])('%s gets a session of its own, and leaves the other alone', (_name, resume, greeting) => {
    const { peers, server, client, session } = connectedPeers()
    const owned = server.sessions[0] as (typeof server.sessions)[0] & { secret: string }
    const { connection, heard } = peers.dialRaw()
    connection.send(
      encodeHello({
        ...hello,
        ...greeting,
        resume: { sessionId: owned.id, secret: owned.secret, received: 0, ...resume }
      })
    )
    peers.run()
    const welcome = decodeWelcome(heard[0] as Uint8Array)
    expect(welcome.resumed).toBe(false)
    expect(welcome.sessionId).not.toBe(owned.id)
    const outcomes = ask(session, 1)
    peers.run()
    expect(outcomes).toEqual([{ value: 1 }])
    expect(client.connected).toHaveLength(1)
  })

  it('moves the session: what the old connection still brings, and its end, mean nothing', () => {
    const { peers, server, session } = connectedPeers()
    const peer = server.sessions[0] as (typeof server.sessions)[0] & { secret: string }
    const first = peers.dialRaw('thief')
    const resume = { sessionId: peer.id, secret: peer.secret, received: peer.session.received }
    // Sent on the old connection, and overtaken by the greeting on the new one.
    session.ping()
    const late = ask(session, 'late')
    first.connection.send(encodeHello({ ...hello, resume }))
    peers.turns.end()
    const waiting = peers.network.connections().length
    expect(waiting).toBe(2)
    peers.run()
    expect(server.listener.sessionCount).toBe(1)
    // The rightful owner comes back, and the session is whole.
    peers.pass(2000)
    expect(late).toEqual([{ value: 'late' }])
    expect(server.calls).toHaveLength(1)
    expect(server.ended).toEqual([])
  })
})

describe('liveness', () => {
  it('redials after two missed pings, and resumes', () => {
    const { peers, server, client, session } = connectedPeers()
    const mend = peers.network.cut({ from: 'server', to: 'client' })
    const outcomes = ask(session, 1)
    // The second of them is given half an interval: a link that is cut for a moment is back before anybody is given up.
    peers.pass(2499)
    expect(client.disconnected).toEqual([])
    peers.pass(1)
    expect(client.disconnected).toEqual(['two pings were not answered'])
    mend()
    peers.pass(1000)
    expect(outcomes).toEqual([{ value: 1 }])
    expect(server.calls).toHaveLength(1)
    expect(server.sessions).toHaveLength(1)
  })

  it('is back a second after a long cut: a dial that was not answered has been pause enough', () => {
    for (let lateMs = 0; lateMs < 2000; lateMs += 250) {
      const { peers, client } = connectedPeers()
      const mends = [
        peers.network.cut({ from: 'server', to: 'client' }),
        peers.network.cut({ from: 'client', to: 'server' })
      ]
      peers.pass(6000 + lateMs)
      expect(client.dialler.connected).toBe(false)
      for (const mend of mends) mend()
      peers.pass(1050)
      expect(client.dialler.connected).toBe(true)
    }
  })

  it('dials again a third of a second after a dial that was lost', () => {
    const { peers, client } = connectedPeers()
    peers.network.answerDials(1000, 'ignore')
    peers.reset()
    // The first dial is lost, the second is not.
    peers.pass(20 + 290)
    peers.network.answerDials(1000, 'pass')
    expect(client.dialler.connected).toBe(false)
    peers.pass(30)
    expect(client.dialler.connected).toBe(true)
  })

  it('waits longer for each answer to a greeting, up to a second', () => {
    const peers = new TestPeers()
    peers.network.answerDials(1000, 'ignore')
    const dials: number[] = []
    peers.dial({ details: () => dials.push(peers.clock.now()) })
    peers.pass(6000)
    const gaps = dials.slice(1).map((at, index) => at - (dials[index] ?? 0))
    expect(gaps).toEqual([320, 620, 1020, 1020, 1020, 1020])
  })

  it('gives three seconds to whom the system has reached', () => {
    const peers = new TestPeers()
    peers.listen()
    peers.network.answerDials(1000, 'ignore')
    const network = peers.network.transport('client')
    const reached: Array<(() => void) | undefined> = []
    const transport: Transport = {
      ...network,
      dial: (address, limits, events) => {
        reached.push(() => events.reached?.())
        return network.dial(address, limits, events)
      }
    }
    const { dialler } = peers.dial({ transport })
    peers.pass(290)
    reached[0]?.()
    peers.pass(2990)
    expect(reached).toHaveLength(1)
    peers.network.answerDials(1000, 'pass')
    peers.pass(40)
    expect(reached).toHaveLength(2)
    expect(dialler.connected).toBe(true)
    // Said late, or again, it changes nothing.
    for (const say of reached) say?.()
    peers.pass(10_000)
    expect(dialler.connected).toBe(true)
    expect(reached).toHaveLength(2)
  })

  it('ends a silent session after its alive timeout and 5 seconds, not sooner', () => {
    const { peers, server, session } = connectedPeers(() => {})
    const outcomes = ask(server.sessions[0]?.session as typeof session, 1)
    peers.network.cut({ from: 'client', to: 'server' })
    peers.network.cut({ from: 'server', to: 'client' })
    peers.pass(7900)
    expect(server.ended).toEqual([])
    peers.pass(700)
    expect(server.ended.map(({ reason }) => reason)).toEqual(['expired'])
    expect(outcomes[0]?.error).toMatchObject({ code: 'OUTCOME_UNKNOWN' })
    expect(server.listener.sessionCount).toBe(0)
  })

  it('keeps the sessions of peers that are alive when this process stood still for long', () => {
    const { peers, server, client, session } = connectedPeers()
    peers.pass(2500)
    peers.clock.stall(60_000)
    peers.pass(5000)
    expect(server.ended).toEqual([])
    expect(client.disconnected).toEqual([])
    const outcomes = ask(session, 1)
    peers.run()
    expect(outcomes).toEqual([{ value: 1 }])
  })

  it('keeps a session that says nothing for an hour', () => {
    const { peers, server, client } = connectedPeers()
    peers.pass(3_600_000)
    expect(server.ended).toEqual([])
    expect(client.disconnected).toEqual([])
    expect(server.listener.sessionCount).toBe(1)
  })

  it('ends a session at once when the dialler says goodbye', () => {
    const { peers, server, client } = connectedPeers()
    client.dialler.close()
    peers.run()
    expect(server.ended.map(({ reason }) => reason)).toEqual(['goodbye'])
    expect(server.listener.sessionCount).toBe(0)
    expect(peers.network.connections()).toEqual([])
  })

  it('dials at once when a connection is lost, then at intervals that grow to a second', () => {
    const peers = new TestPeers()
    peers.listen()
    let dials = 0
    const client = peers.dial({ details: () => ++dials })
    peers.run()
    peers.network.answerDials(1000, 'refuse')
    peers.reset()
    peers.pass(100)
    expect(dials).toBe(3)
    peers.pass(4900)
    expect(dials).toBe(10)
    expect(client.dialler.connected).toBe(false)
    peers.network.answerDials(1000, 'pass')
    peers.pass(1000)
    expect(client.connected).toEqual([{ fresh: true }, { fresh: false }])
  })

  it('reports each ping, not each message', () => {
    const peers = new TestPeers()
    let heard = 0
    peers.listen({ onHeard: () => heard++ })
    const { dialler } = peers.dial()
    peers.run()
    for (let count = 0; count < 100; count++) {
      ask(dialler.session, count)
      peers.run()
    }
    peers.pass(5000)
    expect(heard).toBe(6)
  })
})

describe('waiting for a connection', () => {
  it('resolves at once when there is one, and when there will be one', async () => {
    const peers = new TestPeers()
    const { dialler } = peers.dial()
    const waiting = ending(dialler.waitConnected(5000))
    peers.listen()
    peers.pass(1000)
    expect(await waiting).toBe('connected')
    expect(await ending(dialler.waitConnected(0))).toBe('connected')
  })

  it('rejects with CONNECTION_TIMEOUT at its time, whether dials are refused or swallowed', async () => {
    for (const answer of ['refuse', 'ignore'] as const) {
      const peers = new TestPeers()
      peers.network.answerDials(1000, answer)
      const waiting = ending(peers.dial().dialler.waitConnected(2500))
      peers.pass(2499)
      expect(await isPending(waiting)).toBe(true)
      peers.pass(1)
      expect(await waiting).toMatchObject({ code: 'CONNECTION_TIMEOUT' })
    }
  })

  it('is in vain for an address that is none', () => {
    const peers = new TestPeers()
    expect(() => peers.dial({ address: 'nonsense' })).toThrow(
      expect.objectContaining({ code: 'ADDRESS_INVALID' })
    )
  })

  it('rejects with HANDSHAKE_REFUSED when the listener speaks another protocol, or does not want this peer', async () => {
    const speaking = new TestPeers()
    const old = speaking.network
      .transport('server')
      .listen({ host: '*', port: 1000 }, { messageBytesMax: 1e6 }, (connection) => ({
        received: () =>
          connection.send(encodeRefusal({ code: 'HANDSHAKE_REFUSED', message: 'protocol 9 here' })),
        closed: () => {}
      }))
    expect(old.port).toBe(1000)
    const one = speaking.dial().dialler.waitConnected(5000)
    speaking.run()
    await expect(one).rejects.toMatchObject({ code: 'HANDSHAKE_REFUSED', message: 'protocol 9 here' })

    const choosing = new TestPeers()
    choosing.listen({
      onHello: () => {
        throw new Error('not you')
      }
    })
    const two = choosing.dial().dialler.waitConnected(5000)
    choosing.run()
    await expect(two).rejects.toMatchObject({ code: 'HANDSHAKE_REFUSED', message: 'not you' })
  })

  it('does not blame an earlier refusal once the listener is gone', async () => {
    const peers = new TestPeers()
    let welcome = false
    const { listener } = peers.listen({
      onHello: () => {
        if (!welcome) throw new Error('not yet')
      }
    })
    const { dialler } = peers.dial()
    peers.run()
    welcome = true
    const closing = listener.close()
    peers.run()
    await closing
    const waiting = ending(dialler.waitConnected(3000))
    peers.pass(3000)
    expect(await waiting).toMatchObject({ code: 'CONNECTION_TIMEOUT' })
  })

  it('rejects when the dialler is closed meanwhile', async () => {
    const peers = new TestPeers()
    const { dialler } = peers.dial()
    const waiting = ending(dialler.waitConnected(5000))
    dialler.close()
    expect(await waiting).toMatchObject({ code: 'CLOSED' })
    await expect(dialler.waitConnected(5000)).rejects.toMatchObject({ code: 'CLOSED' })
    expect(peers.clock.pending).toBe(0)
  })
})

describe('a listener', () => {
  it('refuses a peer that speaks another protocol', () => {
    const peers = new TestPeers()
    peers.listen()
    const { connection, heard } = peers.dialRaw()
    connection.send(encodeHello({ ...hello, protocolMin: 2, protocolMax: 3 }))
    peers.run()
    expect(decodeRefusal(heard[0] as Uint8Array)).toMatchObject({ code: 'HANDSHAKE_REFUSED' })
  })

  it('takes no more than sessionsMax, but lets the known ones resume', async () => {
    const peers = new TestPeers()
    const { listener } = peers.listen({ sessionsMax: 1 })
    const first = peers.dial()
    peers.run()
    const second = peers.dial({ peerId: 'client-2' })
    const refused = ending(second.dialler.waitConnected(5000))
    peers.run()
    expect(await refused).toMatchObject({ code: 'OVERLOADED' })
    peers.reset()
    peers.pass(1000)
    expect(first.connected).toEqual([{ fresh: true }, { fresh: false }])
    expect(listener.sessionCount).toBe(1)
  })

  it('closes a connection that does not greet within 5 seconds', () => {
    const peers = new TestPeers()
    peers.listen()
    const { closed } = peers.dialRaw()
    peers.pass(5000)
    expect(closed).toEqual([])
    peers.pass(1000)
    expect(closed).toHaveLength(1)
  })

  it('on a taken port throws', () => {
    const peers = new TestPeers()
    peers.listen()
    expect(() => peers.listen()).toThrow(expect.objectContaining({ code: 'ADDRESS_IN_USE' }))
  })

  it('refuses limits that are none, and names them', () => {
    const peers = new TestPeers()
    for (const windowBytes of [0, -1, 1.5, NaN, 2 ** 40]) {
      expect(() => peers.listen({ limits: { windowBytes } })).toThrow(
        expect.objectContaining({
          code: 'INVALID_ARGUMENT',
          message: expect.stringContaining('windowBytes') as string
        })
      )
    }
  })
})

describe('strangers', () => {
  const garbage: Array<[string, Uint8Array]> = [
    ['garbage', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['nothing', new Uint8Array(0)],
    ['a broken greeting', Buffer.of(1, 0xff, 0xff)],
    ['a greeting that is no record', Buffer.of(1, 0x07)],
    ['a greeting without limits', encodeHello({ ...hello, limits: {} as never })],
    ['a welcome', encodeWelcome({ ...hello, protocol: 1 } as never)]
  ]

  it.each(garbage)(
    'who start with %s lose their connection, are counted, and harm nobody',
    (_name, message) => {
      const { peers, server, session } = connectedPeers()
      const { connection, closed } = peers.dialRaw()
      connection.send(message)
      peers.run()
      expect(closed).toHaveLength(1)
      expect(server.listener.refusedMessages).toBe(1)
      const outcomes = ask(session, 1)
      peers.run()
      expect(outcomes).toEqual([{ value: 1 }])
    }
  )

  it.each([...garbage, ['an oversize message', Buffer.alloc(70 * 1024 * 1024, 4)] as [string, Uint8Array]])(
    'who have a session and send %s in it lose their connection only; the session can be resumed',
    (_name, message) => {
      const { peers, server, session } = connectedPeers()
      const { connection, heard, closed } = peers.dialRaw()
      connection.send(encodeHello({ ...hello, peerId: 'stranger' }))
      peers.run()
      connection.send(message)
      peers.run()
      expect(closed).toHaveLength(1)
      expect(server.ended).toEqual([])
      const { sessionId, secret } = decodeWelcome(heard[0] as Uint8Array)
      const next = peers.dialRaw()
      next.connection.send(
        encodeHello({ ...hello, peerId: 'stranger', resume: { sessionId, secret, received: 0 } })
      )
      const outcomes = ask(session, 1)
      peers.run()
      expect(decodeWelcome(next.heard[0] as Uint8Array).resumed).toBe(true)
      expect(outcomes).toEqual([{ value: 1 }])
    }
  )

  it('who answer a dialler with garbage do not stop it from dialling on', async () => {
    const peers = new TestPeers()
    const random = seededRandom(1)
    let answered = 0
    const transport = peers.network.transport('server')
    const strange = transport.listen({ host: '*', port: 1000 }, { messageBytesMax: 1e6 }, (connection) => ({
      received: () => {
        answered++
        connection.send(Buffer.from(Array.from({ length: 20 }, () => Math.floor(random() * 256))))
        connection.send(Buffer.of(2, 1, 2, 3))
      },
      closed: () => {}
    }))
    const client = peers.dial()
    peers.pass(10_000)
    expect(answered).toBeGreaterThan(5)
    expect(client.connected).toEqual([])
    const closing = strange.close()
    peers.run()
    await closing
  })
})

/** What comes of waiting: `connected`, or the error. */
function ending(waiting: Promise<void>): Promise<unknown> {
  return waiting.then(
    () => 'connected',
    (error: unknown) => error
  )
}

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending')
  return (await Promise.race([promise, Promise.resolve(pending)])) === pending
}
