import { expect, test } from 'vitest'
import { createLogger } from '../src/logger.ts'

test('no admin token gets into the log', () => {
  let written = ''
  const logger = createLogger('info', { write: (line) => (written += line) })
  const secret = 'sixteen-letters!'
  logger.info({ adminToken: secret, admin: { adminToken: secret } }, 'configured')
  logger.info(
    { headers: { authorization: secret }, request: { headers: { authorization: secret } } },
    'asked'
  )
  expect(written.split('\n')).toHaveLength(3)
  expect(written).not.toContain(secret)
  expect(written).toContain('(hidden)')
})

test('an event is one line with its level, time and words', () => {
  let written = ''
  const logger = createLogger('warn', { write: (line) => (written += line) })
  logger.info({}, 'not this')
  logger.warn({ uuid: 'a\nb', error: new Error('broken\nin two') }, 'a line')
  expect(written.trimEnd().split('\n')).toHaveLength(1)
  expect(JSON.parse(written)).toMatchObject({
    level: 'warn',
    uuid: 'a\nb',
    msg: 'a line',
    error: { message: 'broken\nin two' }
  })
})
