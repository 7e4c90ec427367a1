import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { RecentTexts } from '../../src/protocol/recent-texts.ts'

/** What a text looks like to somebody who takes its UTF-8 for Latin-1. */
const mistaken = (text: string): string => Buffer.from(text).toString('latin1')

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 80 }),
  // Few letters, so that many fall to the same place; and texts that are as long in UTF-8 as others in ASCII.
  fc
    .string({ unit: fc.constantFrom('a', 'b', 'é', '\uFFFD', '漢'), maxLength: 6 })
    .map((text) => Buffer.from(text)),
  fc.uuid().map((text) => Buffer.from(text))
)

test('every text is what its bytes say, whatever was read before', () => {
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 200 }), (texts) => {
      const recent = new RecentTexts()
      for (const each of [...texts, ...texts]) {
        const buffer = Buffer.concat([Buffer.from('<'), each, Buffer.from('>')])
        expect(recent.read(buffer, 1, 1 + each.length)).toBe(Buffer.from(each).toString('utf8'))
      }
    })
  )
})

test.each(['濃濃濃濃濃濃濃濃濃1', 'ткоçтвçкожçöт', '中อ議b5文字濃部濃濃_'])(
  'a text is not taken for another that has its bytes in Latin-1: %s',
  (text) => {
    const recent = new RecentTexts()
    for (const each of [mistaken(text), text, mistaken(text)]) {
      const buffer = Buffer.from(each)
      expect(recent.read(buffer, 0, buffer.length)).toBe(each)
    }
  }
)

test('bytes that are no text are not taken for one', () => {
  const recent = new RecentTexts()
  const valid = Buffer.from('vyñ')
  expect(recent.read(valid, 0, valid.length)).toBe('vyñ')
  expect(recent.read(Buffer.from('vyñ', 'latin1'), 0, 3)).toBe('vy\uFFFD')
})

test('a name that comes again is found', () => {
  const recent = new RecentTexts()
  let decoded = 0
  const buffer = Object.assign(Buffer.from('0b36bd2a-3d3e-4c36-9a53-ff3b5ab4f2f1'), {
    toString: (...range: [BufferEncoding, number, number]) => {
      decoded++
      return Buffer.prototype.toString.apply(buffer, range)
    }
  })
  for (let n = 0; n < 3; n++) expect(recent.read(buffer, 0, 36)).toBe('0b36bd2a-3d3e-4c36-9a53-ff3b5ab4f2f1')
  expect(decoded).toBe(1)
})
