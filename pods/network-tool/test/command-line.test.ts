import { startTestNetwork } from '@hcengineering/network-testing'
import { describe, expect, test } from 'vitest'
import { runTool } from './support/tool.ts'

describe('the command line', () => {
  test('is explained by --help, with the commands and exit codes', async () => {
    await using net = await startTestNetwork()
    const { code, out, error } = await runTool(net, ['--help'])
    for (const word of [
      'agents',
      'containers',
      'kinds',
      'clients',
      'describe',
      'request',
      'watch',
      'top',
      'drain',
      'terminate',
      'bench',
      'doctor',
      '--network',
      '--admin',
      '--json',
      'Exit codes:'
    ]) {
      expect(out).toContain(word)
    }
    expect({ code, error }).toEqual({ code: 0, error: '' })
  })

  test.each([
    [[], 'Usage: network-tool'],
    [['agnets'], "error: unknown command 'agnets'\n(Did you mean agents?)"],
    [['agents', 'all'], 'error: too many arguments'],
    [['containers', '--knd', 'room'], "error: unknown option '--knd'"],
    [['request', 'room'], "error: missing required argument 'operation'"],
    [['request', 'room', 'say', '{bad'], 'It is not JSON: '],
    [['request', 'room', 'say', '--timeout', '0'], 'It must be a whole number of milliseconds from 1'],
    [['request', 'room', 'say', '--timeout', '1s'], 'It must be a whole number of milliseconds from 1'],
    [
      ['doctor', '--network', 'nowhere'],
      "error: --network (or NETWORK) is wrong: it must be host:port, got 'nowhere'"
    ],
    [['agents', '--network', 'nowhere'], "error: --network (or NETWORK) is wrong: Cannot dial 'nowhere'"]
  ])('%j ends with 2 and says why', async (argv, expected) => {
    await using net = await startTestNetwork()
    const { code, out, error } = await runTool(net, argv)
    expect(error).toContain(expected)
    expect({ code, out }).toEqual({ code: 2, out: '' })
  })

  test('takes the network from --network before NETWORK', async () => {
    await using net = await startTestNetwork()
    const environment = { NETWORK: 'localhost:1' }
    expect((await runTool(net, ['agents', '--network', net.address], environment)).code).toBe(0)
  })

  test('gives up after 5 s where nothing listens, and says what to do', async () => {
    await using net = await startTestNetwork()
    const began = net.clock.now()
    const { code, out, error } = await runTool(net, ['agents'], { NETWORK: 'localhost:1' })
    expect(error).toBe(
      'error CONNECTION_TIMEOUT: no coordinator answers at localhost:1 (5 s): is it running there? ' +
        'Another address is given by --network host:port or NETWORK. `network-tool doctor` says more.\n'
    )
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(net.clock.now() - began).toBe(5000)
  })

  test('logs to standard error how the connection fares, if it is told to', async () => {
    await using net = await startTestNetwork()
    const argv = ['agents', '--log-level', 'debug']
    const { out, error } = await runTool(net, argv, { NETWORK: 'localhost:1' })
    const lines = error.trimEnd().split('\n')
    expect(lines.pop()).toMatch(/^error CONNECTION_TIMEOUT: /)
    const logged = lines.map((line) => JSON.parse(line) as unknown)
    expect(logged.length).toBeGreaterThan(0)
    for (const line of logged) {
      expect(line).toMatchObject({
        level: expect.any(String),
        time: expect.any(String),
        msg: expect.any(String)
      })
    }
    expect(out).toBe('')
    const quiet = await runTool(net, ['agents'])
    expect(quiet.error).toBe('')
  })

  test('leaves nothing behind in the network', async () => {
    await using net = await startTestNetwork()
    await runTool(net, ['kinds'])
    await net.advance(0)
    expect(net.server.counts().sessions).toBe(0)
  })
})
