import { describe, expect, it } from 'vitest'
import { emptyPayload } from '../../src/protocol/values.ts'
import { seededRandom } from '../support/random.ts'
import { echo, SessionPair } from '../support/session-pair.ts'

describe('a resumed session', () => {
  it('sends again what was lost, and what waits only after it', () => {
    // Long enough for a batch each, which leaves in the moment in which it is written.
    const pair = new SessionPair({ windowBytes: 200_000 })
    for (let count = 0; count < 100; count++) {
      pair.left.tell({ count, filler: Buffer.alloc(20_000) })
      pair.turns.end()
    }
    // Some arrive, so that the handshake acknowledges them and opens the window in the middle of resending.
    for (const message of pair.left.wire.splice(0, 5)) pair.right.session.receive(message)
    pair.cut()
    pair.connect()
    pair.settle()
    expect(pair.right.told.map((data) => (data as { count: number }).count)).toEqual(
      Array.from({ length: 100 }, (_, index) => index)
    )
  })

  it('loses no answer that was given while there was no connection', () => {
    const pair = new SessionPair()
    const { outcomes } = pair.left.ask(1)
    pair.settle()
    pair.cut()
    pair.right.calls[0]?.respond('answered in the dark')
    pair.connect()
    pair.settle()
    expect(outcomes).toEqual([{ value: 'answered in the dark' }])
  })

  it.each(Array.from({ length: 20 }, (_, seed) => seed))(
    'runs everything once and in order, wherever its connections break (seed %i)',
    (seed) => {
      const random = seededRandom(seed)
      const pair = new SessionPair({ windowBytes: 5000 + Math.floor(random() * 100_000) })
      const runs = new Map<unknown, number>()
      pair.right.onRequest = (call) => {
        runs.set(call.data, (runs.get(call.data) ?? 0) + 1)
        echo(call)
      }
      const asked: Array<ReturnType<typeof pair.left.ask>> = []
      let told = 0
      for (let step = 0; step < 2000; step++) {
        const dice = random()
        if (dice < 0.3) {
          for (let count = random() < 0.2 ? 10 : 1; count > 0; count--) {
            asked.push(pair.left.ask({ id: asked.length, filler: Buffer.alloc(fillerBytes(random)) }))
          }
        } else if (dice < 0.5) pair.left.tell(told++)
        else if (dice < 0.6) pair.turns.end()
        else if (dice < 0.75) deliverSome(pair.left.wire, pair.right.session, random)
        else if (dice < 0.9) deliverSome(pair.right.wire, pair.left.session, random)
        else if (dice < 0.95) {
          pair.cut()
          pair.connect()
        } else if (dice < 0.97) pair.cut()
        else pair.connectIfCut()
      }
      pair.cut()
      pair.connect()
      pair.settle()
      expect(asked.map(({ outcomes }) => (outcomes[0]?.value as { id: number } | undefined)?.id)).toEqual(
        asked.map((_, id) => id)
      )
      expect([...runs.values()].every((count) => count === 1)).toBe(true)
      expect(pair.right.told).toEqual(Array.from({ length: told }, (_, index) => index))
    }
  )
})

/** Some fill a batch with others, a few go alone. */
function fillerBytes(random: () => number): number {
  const dice = random()
  if (dice < 0.1) return 20_000
  return dice < 0.4 ? 1000 + Math.floor(random() * 5000) : 100
}

function deliverSome(
  wire: Uint8Array[],
  to: { receive(message: Uint8Array): void },
  random: () => number
): void {
  for (const message of wire.splice(0, 1 + Math.floor(random() * 5))) to.receive(message)
}

describe('a session that the peer has forgotten', () => {
  it('settles what was sent as OUTCOME_UNKNOWN, sends again what was not, or may run twice', () => {
    const pair = new SessionPair()
    const sent = pair.left.ask('sent')
    const idempotent = pair.left.ask('idempotent', { idempotent: true })
    pair.settle()
    const closed = pair.left.ask('in a closed batch')
    pair.cut()
    pair.turns.end()
    const waiting = pair.left.ask('waiting')
    pair.left.session.reset()
    expect(sent.outcomes[0]?.error).toMatchObject({ code: 'OUTCOME_UNKNOWN', outcomeUnknown: true })
    const fresh = new SessionPair()
    fresh.right.onRequest = echo
    pair.left.session.attach((message) => pair.left.wire.push(message), fresh.right.limits, 0)
    fresh.right.session.attach((message) => fresh.right.wire.push(message), pair.left.limits, 0)
    pair.turns.end()
    for (const message of pair.left.wire.splice(0)) fresh.right.session.receive(message)
    fresh.turns.end()
    for (const message of fresh.right.wire.splice(0)) pair.left.session.receive(message)
    expect(idempotent.outcomes).toEqual([{ value: 'idempotent' }])
    expect(closed.outcomes).toEqual([{ value: 'in a closed batch' }])
    expect(waiting.outcomes).toEqual([{ value: 'waiting' }])
    expect(fresh.right.calls.map((call) => call.data)).toEqual(['idempotent', 'in a closed batch', 'waiting'])
  })

  it('cancels what the peer had asked for', () => {
    const pair = new SessionPair()
    pair.left.ask(1)
    pair.settle()
    pair.right.session.reset()
    expect(pair.right.calls[0]?.isCancelled).toBe(true)
    pair.right.calls[0]?.respond('nobody hears it')
    expect(pair.right.session.callsHandled).toBe(0)
  })
})

describe('a session that ends', () => {
  it('settles all its calls: unknown if sent, with the reason if not', () => {
    const pair = new SessionPair({}, { requestsMax: 2 })
    const sent = pair.left.ask('sent')
    pair.settle()
    pair.cut()
    const waiting = pair.left.ask('waiting')
    const queued = pair.left.ask('queued')
    pair.left.session.end(new Error('over'))
    expect(sent.outcomes[0]?.error).toMatchObject({ code: 'OUTCOME_UNKNOWN' })
    expect(waiting.outcomes[0]?.error?.message).toBe('over')
    expect(queued.outcomes[0]?.error?.message).toBe('over')
    expect(pair.left.session.callsInFlight).toBe(0)
    expect(pair.left.session.waitingBytes).toBe(0)
    expect(pair.clock.pending).toBe(0)
    expect(() => pair.left.ask('more')).toThrow('over')
    expect(() => pair.left.tell('more')).toThrow('over')
  })
})

describe('calls that are abandoned', () => {
  it('settle as unknown if sent, as NOT_SERVING if not', () => {
    const pair = new SessionPair()
    const sent = pair.left.ask('sent', { target: 'a' })
    const other = pair.left.ask('other', { target: 'b' })
    pair.settle()
    pair.cut()
    const waiting = pair.left.ask('waiting', { target: 'a' })
    pair.left.session.abandon((frame) => frame.target === 'a', 'it has moved')
    expect(sent.outcomes[0]?.error).toMatchObject({ code: 'OUTCOME_UNKNOWN' })
    expect(waiting.outcomes[0]?.error).toMatchObject({ code: 'NOT_SERVING', retryable: true })
    expect(other.outcomes).toEqual([])
    pair.connect()
    pair.settle()
    expect(pair.right.calls.map((call) => call.isCancelled)).toEqual([true, false])
  })
})

describe('messages out of place', () => {
  it.each([
    ['an empty one', emptyPayload],
    ['an unknown type', Buffer.of(99)],
    ['a batch with a gap before it', Buffer.concat([Buffer.of(4), doubles(7, 0)])],
    ['a batch with a broken number', Buffer.concat([Buffer.of(4), doubles(NaN, 0)])],
    ['a short ping', Buffer.of(6, 0, 0)]
  ])('are refused: %s', (_name, message) => {
    const pair = new SessionPair()
    expect(() => pair.right.session.receive(message)).toThrow(
      expect.objectContaining({ name: 'MalformedMessage' })
    )
    const { outcomes } = pair.left.ask(1)
    pair.right.onRequest = echo
    pair.settle()
    expect(outcomes).toEqual([{ value: 1 }])
  })

  it('are ignored when they came before, or answer what nobody asked', () => {
    const pair = new SessionPair()
    pair.right.onRequest = echo
    pair.left.ask(1)
    pair.turns.end()
    const [message] = pair.left.wire as [Uint8Array]
    pair.settle()
    pair.right.session.receive(message)
    pair.settle()
    expect(pair.right.calls).toHaveLength(1)
  })
})

function doubles(...values: number[]): Buffer {
  return Buffer.from(new Float64Array(values).buffer)
}
