import { VirtualClock } from '@hcengineering/network-testing'
import { expect, test } from 'vitest'
import { limitRepeats } from '../src/repeat-limit.ts'

function recorder() {
  const lines: [string, object, string][] = []
  const log =
    (level: string) =>
    (fields: object, message: string): void => {
      lines.push([level, fields, message])
    }
  const logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }
  return { lines, logger }
}

test('what is repeated is counted, and the count is said', async () => {
  const clock = new VirtualClock()
  const { lines, logger } = recorder()
  const limited = limitRepeats(logger, clock, { burst: 2, windowMs: 1000 })
  for (let index = 0; index < 5; index++) limited.warn({ index }, 'refused')
  limited.info({}, 'refused')
  limited.error({}, 'broken')
  expect(lines).toEqual([
    ['warn', { index: 0 }, 'refused'],
    ['warn', { index: 1 }, 'refused'],
    ['info', {}, 'refused'],
    ['error', {}, 'broken']
  ])
  await clock.advance(1000)
  expect(lines.slice(4)).toEqual([['warn', { leftOut: 3, within: 1000 }, 'refused (more)']])
  limited.warn({ index: 9 }, 'refused')
  expect(lines.at(-1)).toEqual(['warn', { index: 9 }, 'refused'])
})

test('what is logged for debugging passes', () => {
  const { lines, logger } = recorder()
  const limited = limitRepeats(logger, new VirtualClock(), { burst: 1 })
  for (let index = 0; index < 5; index++) limited.debug({ index }, 'looked')
  expect(lines).toHaveLength(5)
})

test('what was left out so far is said at the end, and no timer is left', () => {
  const clock = new VirtualClock()
  const { lines, logger } = recorder()
  const limited = limitRepeats(logger, clock, { burst: 1 })
  for (let index = 0; index < 5; index++) limited.warn({ index }, 'refused')
  limited.close()
  expect(lines.at(-1)).toEqual(['warn', { leftOut: 4, within: 0 }, 'refused (more)'])
  expect(clock.pendingTimers).toBe(0)
})

test('messages that are all different fill nothing', () => {
  const clock = new VirtualClock()
  const { lines, logger } = recorder()
  const limited = limitRepeats(logger, clock, { burst: 1 })
  for (let index = 0; index < 5000; index++) limited.warn({}, `refused by ${index}`)
  expect(lines).toHaveLength(5000)
  expect(clock.pendingTimers).toBe(0)
})
