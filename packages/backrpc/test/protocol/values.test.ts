import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rpcError, RpcError } from '../../src/errors.ts'
import { decodeValue, encodeValue } from '../../src/protocol/values.ts'

const roundTrip = (value: unknown): unknown => decodeValue(encodeValue(value, rpcError), rpcError)

const typedArray = fc.oneof(
  fc.uint8Array(),
  fc.uint8ClampedArray(),
  fc.uint16Array(),
  fc.uint32Array(),
  fc.int8Array(),
  fc.int16Array(),
  fc.int32Array(),
  fc.float32Array(),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.bigUint64Array()
)
const text = fc.string({ unit: 'binary', maxLength: 300 })
// CBOR has -0 only as a float, and cbor-x writes whole numbers as integers; objects keep no key `__proto__`.
const number = fc
  .oneof(fc.double(), fc.integer(), fc.maxSafeInteger())
  .map((value) => (value === 0 ? 0 : value))
const key = text.filter((each) => each !== '__proto__')
const leaf = fc.oneof(
  text,
  number,
  fc.boolean(),
  fc.constantFrom(null, undefined, NaN, Infinity, -Infinity),
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 300n), max: 2n ** 300n }),
  fc.date({ noInvalidDate: false, min: new Date(-1e14), max: new Date(1e14) }),
  typedArray,
  fc.uint8Array().map((array) => Buffer.from(array)),
  fc.uint8Array().map((array) => array.slice().buffer),
  fc.constantFrom(/a\/b[c]/giu, /^$/, new Date(0))
)
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    tie('list'),
    tie('record'),
    tie('map'),
    tie('set')
  ),
  list: fc.array(tie('value')),
  record: fc.dictionary(key, tie('value'), { noNullPrototype: true }),
  map: fc.array(fc.tuple(tie('value'), tie('value'))).map((entries) => new Map(entries)),
  set: fc.array(leaf).map((items) => new Set(items))
}))

describe('values', () => {
  it('of every kind that can travel arrive as what they were', () => {
    fc.assert(
      fc.property(value, (original) => {
        expect(roundTrip(original)).toStrictEqual(original)
      }),
      { numRuns: 1000 }
    )
  })

  it.each([
    ['bytes', new Uint8Array([0, 1, 255])],
    ['a Buffer', Buffer.from('hello')],
    ['a long Buffer', Buffer.alloc(1_000_000, 7)],
    ['undefined', undefined],
    ['undefined in a record', { a: undefined }],
    ['a small bigint', 1n],
    ['a bigint beyond 64 bits', 2n ** 64n],
    ['a negative bigint beyond 64 bits', -(2n ** 64n) - 1n],
    ['a huge bigint', 2n ** 5000n + 1n],
    ['a date before 1970', new Date(-1)],
    ['an ArrayBuffer', new Uint8Array([1, 2, 3]).buffer],
    ['a map of maps', new Map([[new Map([[1, 2]]), new Set([new Date(5)])]])],
    ['a text in every script', 'aé漢🏳️‍🌈\u0000\u2028'.repeat(100)],
    ['a record with the keys of Object', { constructor: 1, toString: 2, hasOwnProperty: 3 }]
  ])('%s arrives as it was', (_name, original) => {
    expect(roundTrip(original)).toStrictEqual(original)
  })

  it('keep no memory shared with the buffer that an ArrayBuffer came in', () => {
    const message = encodeValue({ before: 'secret', bytes: new Uint8Array([1]).buffer }, rpcError)
    const decoded = decodeValue(message, rpcError) as { bytes: ArrayBuffer }
    expect(decoded.bytes.byteLength).toBe(1)
    // The same tag, over untagged bytes: a Buffer, whose own slice shares its memory.
    const forged = Buffer.from('da0000a7f94101', 'hex')
    expect(decodeValue(forged, rpcError)).toStrictEqual(new Uint8Array([1]).buffer)
  })

  const cycle: { self?: unknown } = {}
  cycle.self = cycle
  it.each([
    ['a function', () => 1, /a function/],
    ['a function deep inside', { a: [new Map([['b', { c: () => 1 }]])] }, /a function/],
    ['a symbol', { a: Symbol('s') }, /a symbol/],
    ['a cycle', cycle, /contains itself/]
  ])('refuse %s with a reason', (_name, bad, reason) => {
    expect(() => encodeValue(bad, rpcError)).toThrow(
      expect.objectContaining({ code: 'NOT_SERIALIZABLE', message: expect.stringMatching(reason) as string })
    )
    expect(roundTrip({ still: 'works' })).toEqual({ still: 'works' })
  })

  it('that are garbage raise nothing but INVALID_MESSAGE', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect([undefined, 'INVALID_MESSAGE']).toContain(codeOfGarbage(bytes))
      }),
      { numRuns: 5000 }
    )
  })

  it('cut short, or with a bit flipped, raise nothing but INVALID_MESSAGE', () => {
    fc.assert(
      fc.property(value, fc.nat(), (original, at) => {
        const bytes = Buffer.from(encodeValue(original, rpcError))
        if (bytes.length === 0) return
        const short = codeOfGarbage(bytes.subarray(0, at % bytes.length))
        const index = (at >>> 3) % bytes.length
        bytes[index] = (bytes[index] ?? 0) ^ (1 << (at & 7))
        expect([undefined, 'INVALID_MESSAGE']).toContain(short)
        expect([undefined, 'INVALID_MESSAGE']).toContain(codeOfGarbage(bytes))
      }),
      { numRuns: 1000 }
    )
  })

  it.each([
    ['an array of 2^30 elements', '9a40000000f6'],
    ['a record of 2^30 keys', 'ba40000000f6'],
    ['a map of 2^30 keys', 'd90103ba40000000f6'],
    ['a text of 2^30 bytes', '7a4000000061'],
    ['bytes of 2^30 bytes', '5a4000000061'],
    ['a typed array whose bytes are a length', 'd8561a3fffffff'],
    ['a typed array whose bytes are a record with a length', 'd856a1666275666665721a3fffffff'],
    ['a shared value', 'd81c81d81d00'],
    ['a table of packed values', 'd833848163616161808060'],
    ['a tag of records of old', 'd86983196f0181616101'],
    ['nested arrays of the claimed length', '9a00000100'.repeat(50)]
  ])('claiming to be %s are refused without allocating it', (_name, hex) => {
    const before = process.memoryUsage()
    expect(() => decodeValue(Buffer.from(hex, 'hex'), rpcError)).toThrow(
      expect.objectContaining({ code: 'INVALID_MESSAGE' })
    )
    const after = process.memoryUsage()
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(1_000_000)
    expect(after.heapUsed - before.heapUsed).toBeLessThan(20_000_000)
  })

  it.each([
    ['arrays', 0x81],
    ['records', 0xa1],
    ['tags', 0xc1]
  ])('nested a million deep in %s are refused', (_name, byte) => {
    expect(() => decodeValue(Buffer.alloc(1_000_000, byte), rpcError)).toThrow(
      expect.objectContaining({ code: 'INVALID_MESSAGE' })
    )
  })

  it('that one message defines for itself mean nothing in the next', () => {
    const defines = Buffer.from('d9dfff8319e0008161610a', 'hex')
    const uses = Buffer.from('d9e000810b', 'hex')
    expectHarmless(defines)
    expect(decodeValue(uses, rpcError)).not.toEqual({ a: 11 })
  })

  it('with a huge bigint are decoded in linear time', () => {
    const bigint = Buffer.concat([Buffer.from('c25a00030d40', 'hex'), Buffer.alloc(200_000, 0xff)])
    expect(decodeValue(bigint, rpcError)).toBe(2n ** 1_600_000n - 1n)
  })

  it('of all sizes leave no large buffer behind for the small ones', () => {
    // Inside a record: long bytes by themselves never pass through the encoder's own buffer.
    encodeValue({ bytes: Buffer.alloc(8_000_000) }, rpcError)
    const small = encodeValue({ a: 1 }, rpcError)
    expect(small.buffer.byteLength).toBeLessThan(100_000)
  })
})

/** The code of the error that these bytes raise; anything but an RpcError goes on. */
function codeOfGarbage(bytes: Uint8Array): string | undefined {
  try {
    decodeValue(bytes, rpcError)
    return undefined
  } catch (error) {
    if (error instanceof RpcError) return error.code
    throw error
  }
}

function expectHarmless(bytes: Uint8Array): void {
  expect([undefined, 'INVALID_MESSAGE']).toContain(codeOfGarbage(bytes))
}

/** What comes of bytes: a value, or why they are none. */
function told(bytes: Uint8Array): unknown {
  try {
    return decodeValue(bytes, rpcError)
  } catch (error) {
    return (error as Error).message
  }
}

describe('a short value', () => {
  it('keeps its byte strings when others are decoded after it', () => {
    const first = roundTrip({ bytes: Buffer.from('first'), numbers: new Uint16Array([1, 2, 3]) })
    roundTrip({ bytes: Buffer.from('other'), numbers: new Uint16Array([4, 5, 6]) })
    expect(first).toEqual({ bytes: Buffer.from('first'), numbers: new Uint16Array([1, 2, 3]) })
  })

  it('that breaks off is refused, though a longer one was decoded before it', () => {
    fc.assert(
      fc.property(value, fc.nat(), (each, at) => {
        const whole = encodeValue(each, rpcError)
        if (whole.length < 2) return
        decodeValue(whole, rpcError)
        const part = whole.subarray(0, 1 + (at % (whole.length - 1)))
        expect(() => decodeValue(part, rpcError)).toThrow(
          expect.objectContaining({ code: 'INVALID_MESSAGE' }) as Error
        )
      })
    )
  })

  it('is decoded, or refused, the same way whatever was decoded before it', () => {
    // Two items, of which the second breaks off where cbor-x reads on without asking: in a tag, a number, a record.
    const cut = fc.constantFrom('d900', 'd9', 'da000000', 'fb', 'f9', '59', '1a', 'd9dffe83', 'd9e0')
    const probe = fc
      .tuple(fc.nat(60), cut)
      .map(([size, end]) =>
        Buffer.from(`8258${Buffer.of(size, ...Buffer.alloc(size)).toString('hex')}${end}`, 'hex')
      )
    // Tags that are refused by their numbers, and anything else.
    const byte = fc.oneof(fc.constantFrom(4, 5, 14, 28, 51, 65, 81), fc.nat(255))
    fc.assert(
      fc.property(probe, byte, byte, (bytes, one, other) => {
        decodeValue(encodeValue(Buffer.alloc(400, one), rpcError), rpcError)
        const first = told(bytes)
        decodeValue(encodeValue(Buffer.alloc(400, other), rpcError), rpcError)
        expect(told(bytes)).toEqual(first)
      }),
      { numRuns: 2000 }
    )
  })
})
