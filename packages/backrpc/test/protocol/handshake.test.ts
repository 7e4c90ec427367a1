import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rpcError } from '../../src/errors.ts'
import { MalformedMessage } from '../../src/protocol/bytes.ts'
import {
  decodeHello,
  decodeRefusal,
  decodeWelcome,
  encodeHello,
  encodeRefusal,
  encodeWelcome,
  type Hello,
  type Welcome
} from '../../src/protocol/handshake.ts'
import { decodeHeaders, encodeHeaders } from '../../src/protocol/headers.ts'
import { defaultSessionLimits, headersBytesMax, type SessionLimits } from '../../src/protocol/limits.ts'
import { encodeValue } from '../../src/protocol/values.ts'

const text = fc.string({ minLength: 1, maxLength: 100, unit: 'grapheme' })
const duration = fc.integer({ min: 0, max: 0x7fffffff })
const positive = fc.integer({ min: 1, max: 0x7fffffff })
const sequence = fc.maxSafeNat()
const limits = fc.record(
  Object.fromEntries(Object.keys(defaultSessionLimits).map((name) => [name, positive]))
) as unknown as fc.Arbitrary<SessionLimits>
const details = fc.option(
  fc.dictionary(
    text.filter((key) => key !== '__proto__'),
    fc.integer()
  ),
  { nil: undefined }
)
const hello: fc.Arbitrary<Hello> = fc.record(
  {
    protocolMin: duration,
    protocolMax: duration,
    peerId: text,
    aliveTimeoutMs: duration,
    limits,
    resume: fc.record({ sessionId: text, secret: text, received: sequence }),
    attempt: text,
    details
  },
  { requiredKeys: ['protocolMin', 'protocolMax', 'peerId', 'aliveTimeoutMs', 'limits'] }
)
const welcome: fc.Arbitrary<Welcome> = fc.record({
  protocol: duration,
  sessionId: text,
  secret: text,
  resumed: fc.boolean(),
  received: sequence,
  limits,
  pingIntervalMs: positive,
  details
})

/** Something that is in no field what it should be. */
function withWrongField(body: object, name: string, wrong: unknown): Uint8Array {
  return Buffer.concat([Buffer.of(1), encodeValue({ ...body, [name]: wrong }, rpcError)])
}

/** What is raised that is no MalformedMessage. */
function faults(bytes: Uint8Array): unknown[] {
  return [decodeHello, decodeWelcome, decodeRefusal].flatMap((decode) => {
    try {
      decode(bytes)
      return []
    } catch (error) {
      return error instanceof MalformedMessage ? [] : [error]
    }
  })
}

describe('handshake', () => {
  it('arrives as it was sent: hello, welcome and refusal', () => {
    fc.assert(
      fc.property(hello, (each) => {
        expect(decodeHello(encodeHello(each))).toEqual({ details: undefined, ...each })
      })
    )
    fc.assert(
      fc.property(welcome, (each) => {
        expect(decodeWelcome(encodeWelcome(each))).toEqual(each)
      })
    )
    fc.assert(
      fc.property(fc.record({ code: text, message: text }), (each) => {
        expect(decodeRefusal(encodeRefusal(each))).toEqual(each)
      })
    )
  })

  it('of garbage, or with a bit flipped, raises nothing but MalformedMessage', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (garbage) => {
        expect(faults(garbage)).toEqual([])
      }),
      { numRuns: 3000 }
    )
    fc.assert(
      fc.property(hello, fc.nat(), (each, bit) => {
        const bytes = Buffer.from(encodeHello(each))
        const index = (bit >>> 3) % bytes.length
        bytes[index] = (bytes[index] ?? 0) ^ (1 << (bit & 7))
        expect(faults(bytes)).toEqual([])
        expect(faults(bytes.subarray(0, index))).toEqual([])
      }),
      { numRuns: 3000 }
    )
  })

  it('refuses a wrong type in every field', () => {
    const [body] = fc.sample(
      hello.filter((each) => each.resume !== undefined),
      1
    )
    const names = ['protocolMin', 'protocolMax', 'peerId', 'aliveTimeoutMs', 'limits', 'resume']
    for (const name of names) {
      for (const wrong of [
        '',
        -1,
        1.5,
        NaN,
        {},
        [],
        true,
        2n ** 70n,
        new Date(),
        'x'.repeat(2000),
        { windowBytes: 0 }
      ]) {
        expect(
          () => decodeHello(withWrongField(body as Hello, name, wrong)),
          `${name}: ${typeof wrong}`
        ).toThrow(MalformedMessage)
      }
    }
  })
})

describe('headers', () => {
  it('arrive as they were, and none take no bytes', () => {
    expect(encodeHeaders(undefined, rpcError)).toHaveLength(0)
    expect(encodeHeaders({}, rpcError)).toHaveLength(0)
    const name = fc.string({ unit: 'binary' }).filter((each) => each !== '__proto__')
    fc.assert(
      fc.property(
        fc.dictionary(name, fc.string({ unit: 'binary' }), { noNullPrototype: true }),
        (headers) => {
          expect(decodeHeaders(encodeHeaders(headers, rpcError), rpcError)).toEqual(headers)
        }
      )
    )
  })

  it('that are no texts, or too many, are refused', () => {
    const invalid = expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error
    expect(() => encodeHeaders({ a: 7 } as never, rpcError)).toThrow(invalid)
    expect(() => encodeHeaders({ a: 'x'.repeat(17_000) }, rpcError)).toThrow(invalid)
    const tooLong = { a: 'x', b: '\u{1f642}'.repeat(4200) }
    expect(() => encodeHeaders(tooLong, rpcError)).toThrow(invalid)
    // What was refused leaves nothing behind.
    expect(decodeHeaders(encodeHeaders({ c: 'd' }, rpcError), rpcError)).toEqual({ c: 'd' })
  })

  it('may be as long as the bound says', () => {
    for (const letter of ['x', 'é', '€', '\u{1f642}']) {
      const size = headersBytesMax - Buffer.byteLength('name') - 4
      const headers = { name: letter.repeat(Math.floor(size / Buffer.byteLength(letter))) }
      expect(decodeHeaders(encodeHeaders(headers, rpcError), rpcError)).toEqual(headers)
    }
  })

  it('that end within a text, or in a name, are no headers', () => {
    const bytes = encodeHeaders({ name: 'value', other: 'text' }, rpcError)
    const ends = [0, 2 + 'name'.length + 2 + 'value'.length, bytes.length]
    const lengths = Array.from({ length: bytes.length + 1 }, (_, length) => length)
    for (const end of ends) expect(() => decodeHeaders(bytes.subarray(0, end), rpcError)).not.toThrow()
    for (const end of lengths.filter((length) => !ends.includes(length))) {
      expect(() => decodeHeaders(bytes.subarray(0, end), rpcError)).toThrow(
        expect.objectContaining({ code: 'INVALID_MESSAGE' })
      )
    }
  })
})
