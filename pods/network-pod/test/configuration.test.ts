import { describe, expect, test } from 'vitest'
import { readConfiguration } from '../src/configuration.ts'

describe('the configuration', () => {
  test('has a default for everything, and waits one alive timeout for the agents of a predecessor', () => {
    expect(readConfiguration({})).toEqual({
      host: '*',
      port: 3737,
      aliveTimeout: 3,
      pingInterval: 1,
      unusedContainerTimeout: 3,
      recoveryGrace: 3,
      dataDir: undefined,
      proofOfDeath: 'loopback',
      logLevel: 'info'
    })
    expect(readConfiguration({ ALIVE_TIMEOUT: '12' })).toMatchObject({ aliveTimeout: 12, recoveryGrace: 12 })
  })

  test('reads every variable', () => {
    const environment = {
      HOST: '127.0.0.1',
      PORT: '0',
      ALIVE_TIMEOUT: '10',
      PING_INTERVAL: '2.5',
      UNUSED_CONTAINER_TIMEOUT: '60',
      RECOVERY_GRACE: '0',
      DATA_DIR: '/data',
      PROOF_OF_DEATH: 'direct',
      LOG_LEVEL: 'debug',
      PATH: '/usr/bin'
    }
    expect(readConfiguration(environment)).toEqual({
      host: '127.0.0.1',
      port: 0,
      aliveTimeout: 10,
      pingInterval: 2.5,
      unusedContainerTimeout: 60,
      recoveryGrace: 0,
      dataDir: '/data',
      proofOfDeath: 'direct',
      logLevel: 'debug'
    })
  })

  test('takes an empty variable for one that is not set', () => {
    expect(readConfiguration({ PORT: '', HOST: '', RECOVERY_GRACE: '' })).toEqual(readConfiguration({}))
  })

  test.each([
    ['HOST', 'two words', 'an address of this machine'],
    ['PORT', 'abc', 'a whole number from 0 to 65535'],
    ['PORT', '65536', 'a whole number from 0 to 65535'],
    ['PORT', '-1', 'a whole number from 0 to 65535'],
    ['PORT', '37.5', 'a whole number from 0 to 65535'],
    ['PORT', '0x10', 'a whole number from 0 to 65535'],
    ['PORT', ' ', 'a whole number from 0 to 65535'],
    ['ALIVE_TIMEOUT', '0', 'a number of seconds from 0.01 to 86400'],
    ['ALIVE_TIMEOUT', '3s', 'a number of seconds from 0.01 to 86400'],
    ['PING_INTERVAL', 'Infinity', 'a number of seconds from 0.001 to 86400'],
    ['PING_INTERVAL', '2.5', 'shorter than 0.8 of ALIVE_TIMEOUT, that is below 2.4 seconds'],
    ['UNUSED_CONTAINER_TIMEOUT', '-1', 'a number of seconds from 0 to 86400'],
    ['RECOVERY_GRACE', '1e2', 'a number of seconds from 0 to 86400'],
    ['PROOF_OF_DEATH', 'perhaps', 'one of loopback, direct, never'],
    ['LOG_LEVEL', 'loud', 'one of trace, debug, info, warn, error, fatal, silent']
  ])('refuses %s=%s by its name', (name, value, expected) => {
    const read = () => readConfiguration({ [name]: value })
    expect(read).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    expect(read).toThrow(`${name} must be ${expected}`)
    expect(read).toThrow(`got "${value}"`)
  })

  test('names all that is wrong in one line', () => {
    expect(() => readConfiguration({ PORT: 'abc', LOG_LEVEL: 'loud' })).toThrow(
      /^PORT must be .*, got "abc"; LOG_LEVEL must be .*, got "loud"$/
    )
  })

  test('says so when it is a default that does not go with a value', () => {
    expect(() => readConfiguration({ ALIVE_TIMEOUT: '1' })).toThrow(
      'PING_INTERVAL must be shorter than 0.8 of ALIVE_TIMEOUT, that is below 0.8 seconds, got its default'
    )
  })
})
