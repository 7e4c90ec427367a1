import { inspect } from 'node:util'
import { printable } from './printable.ts'

/** Whatever a container answers, for people: text as it is but for control characters, all else inspected. */
export function readable(value: unknown): string {
  if (typeof value === 'string') return value.split('\n').map(printable).join('\n')
  return inspect(value, { depth: null, maxArrayLength: null, maxStringLength: null, breakLength: 110 })
}
