import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readConfiguration } from '../src/configuration.ts'
import { printedConfiguration } from '../src/printed-configuration.ts'

describe('the configuration', () => {
  test('has a default for everything, and waits one alive timeout for the agents of a predecessor', () => {
    expect(readConfiguration({})).toEqual({
      host: '*',
      port: 3737,
      transport: 'zeromq',
      aliveTimeout: 3,
      pingInterval: 1,
      unusedContainerTimeout: 3,
      recoveryGrace: 3,
      dataDir: undefined,
      proofOfDeath: 'loopback',
      admin: { host: '127.0.0.1', port: 3780, token: undefined },
      logLevel: 'info'
    })
    expect(readConfiguration({ ALIVE_TIMEOUT: '12' })).toMatchObject({ aliveTimeout: 12, recoveryGrace: 12 })
  })

  test('reads every variable', () => {
    const environment = {
      HOST: '127.0.0.1',
      PORT: '0',
      TRANSPORT: 'tcp',
      ADMIN_HOST: '0.0.0.0',
      ADMIN_PORT: '0',
      ADMIN_TOKEN: 'sixteen-letters!',
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
      transport: 'tcp',
      aliveTimeout: 10,
      pingInterval: 2.5,
      unusedContainerTimeout: 60,
      recoveryGrace: 0,
      dataDir: '/data',
      proofOfDeath: 'direct',
      admin: { host: '0.0.0.0', port: 0, token: 'sixteen-letters!' },
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
    ['TRANSPORT', 'pigeon', 'one of zeromq, tcp'],
    ['ADMIN_PORT', 'on', 'off, or a whole number from 0 to 65535'],
    ['ADMIN_HOST', '*', '127.0.0.1, ::1 or localhost while there is no admin token'],
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

describe('the sources of the configuration', () => {
  let folder: string
  let file: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'network-pod-'))
    file = join(folder, 'config.json')
  })

  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  test('flags win over the environment, that over the file, and that over defaults', async () => {
    await writeFile(file, '{ "port": 4001, "aliveTimeout": 11, "logLevel": "warn", "pingInterval": "0.5" }')
    const environment = { PORT: '4002', ALIVE_TIMEOUT: '12', UNUSED_CONTAINER_TIMEOUT: '' }
    expect(readConfiguration(environment, { file, flags: { port: '4003' } })).toMatchObject({
      port: 4003,
      aliveTimeout: 12,
      logLevel: 'warn',
      pingInterval: 0.5,
      unusedContainerTimeout: 3
    })
  })

  test('a bad value is named as its source calls it', async () => {
    await writeFile(file, '{ "port": "x", "transport": true, "size": 1, "adminPort": -1 }')
    const read = () => readConfiguration({ LOG_LEVEL: 'loud' }, { file, flags: { aliveTimeout: '0' } })
    expect(read).toThrow(`port in ${file} must be a whole number`)
    expect(read).toThrow(`transport in ${file} must be a text or a number`)
    expect(read).toThrow(`size in ${file} is no setting; there are: host, port,`)
    expect(read).toThrow(`adminPort in ${file} must be off, or a whole number`)
    expect(read).toThrow('LOG_LEVEL must be one of')
    expect(read).toThrow('--alive-timeout must be a number of seconds')
  })

  test('values that do not go together are named as their sources call them', () => {
    expect(() => readConfiguration({ ALIVE_TIMEOUT: '1' }, { flags: { pingInterval: '0.9' } })).toThrow(
      '--ping-interval must be shorter than 0.8 of ALIVE_TIMEOUT, that is below 0.8 seconds, got "0.9"'
    )
  })

  test.each([
    ['nothing', 'must be a file of JSON'],
    ['[1]', 'must hold an object of settings']
  ])('a file that holds %s is refused', async (content, expected) => {
    await writeFile(file, content)
    expect(() => readConfiguration({}, { file })).toThrow(`${file} ${expected}`)
  })

  test('a file that is not there is refused', () => {
    expect(() => readConfiguration({}, { file })).toThrow(`${file} must be a file of JSON: ENOENT`)
  })

  test('the admin token comes from a file as well, without its line end', async () => {
    await writeFile(file, 'a-token-of-24-characters\n')
    expect(readConfiguration({ ADMIN_TOKEN_FILE: file }).admin?.token).toBe('a-token-of-24-characters')
    await writeFile(file, 'short\n')
    const read = () => readConfiguration({ ADMIN_TOKEN_FILE: file })
    expect(read).toThrow(`ADMIN_TOKEN_FILE: ${file} must hold 16 to 512 printable characters`)
    expect(() => readConfiguration({ ADMIN_TOKEN_FILE: folder })).toThrow(
      'ADMIN_TOKEN_FILE must name a file that can be read'
    )
  })

  test('a bad admin token is refused and not shown', () => {
    expect(() => readConfiguration({ ADMIN_TOKEN: 'secret' })).toThrow(
      'ADMIN_TOKEN must be 16 to 512 printable characters without blanks, got something else'
    )
  })

  test('there is one admin token at most', () => {
    const environment = { ADMIN_TOKEN: 'sixteen-letters!', ADMIN_TOKEN_FILE: file }
    expect(() => readConfiguration(environment)).toThrow(
      'there must be one admin token at most, got ADMIN_TOKEN and ADMIN_TOKEN_FILE'
    )
    expect(() => readConfiguration({ ADMIN_TOKEN: 'sixteen-letters!' }, { generatedToken: 'x' })).toThrow(
      'got ADMIN_TOKEN and --generate-admin-token'
    )
    expect(readConfiguration({}, { generatedToken: 'generated' }).admin?.token).toBe('generated')
  })

  test('the admin server can be switched off, wherever it would have listened', () => {
    expect(readConfiguration({ ADMIN_PORT: 'off', ADMIN_HOST: '*' }).admin).toBeUndefined()
  })

  test('is printed so that it can be a file again, with its secrets hidden', async () => {
    const configuration = readConfiguration({
      PORT: '4000',
      ADMIN_TOKEN: 'sixteen-letters!',
      DATA_DIR: '/data'
    })
    const printed = printedConfiguration(configuration)
    expect(printed).not.toContain('sixteen-letters!')
    expect(JSON.parse(printed)).toMatchObject({ adminToken: '(hidden)', adminPort: 3780, port: 4000 })
    const { adminToken: _, ...rest } = JSON.parse(printed) as Record<string, unknown>
    await writeFile(file, JSON.stringify(rest))
    expect(printedConfiguration(readConfiguration({ ADMIN_TOKEN: 'sixteen-letters!' }, { file }))).toBe(
      printed
    )
  })
})
