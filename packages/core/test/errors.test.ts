import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { networkErrorCodes } from '../src/api/errors.ts'

const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
const rows = [...page.matchAll(/^\| \[(\w+)\]\(#(\w+)\) *\| (\w+) *\|/gm)]

/** The text below a heading, up to the next. */
function sectionOf(code: string): string {
  return new RegExp(`^## ${code}\\n([^]*?)(?=^## |$(?![^]))`, 'm').exec(page)?.[1] ?? ''
}

describe('docs/errors.md', () => {
  test('its table lists exactly the codes there are, in their order', () => {
    expect(rows.map(([, code]) => code)).toEqual([...networkErrorCodes])
  })

  test('it explains exactly the codes there are, in their order', () => {
    expect([...page.matchAll(/^## (.+)$/gm)].map(([, code]) => code)).toEqual([...networkErrorCodes])
  })

  test('each row leads to its section and says whether a retry can help', () => {
    for (const [, code, anchor, retryable] of rows) {
      expect(anchor).toBe(code?.toLowerCase())
      expect(retryable).toMatch(/^(yes|no|sometimes)$/)
    }
  })

  test.each(networkErrorCodes)('%s: what happened, why, what to do', (code) => {
    expect(sectionOf(code)).toMatch(
      /^\n- \*\*What happened:\*\* \S.*\n- \*\*Why:\*\* \S.*\n- \*\*What to do:\*\* \S.*\n/
    )
  })
})
