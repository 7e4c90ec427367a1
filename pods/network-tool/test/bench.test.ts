import { NetworkError } from '@hcengineering/network-core'
import { recordingContainer, startTestNetwork } from '@hcengineering/network-testing'
import { describe, expect, test } from 'vitest'
import type { LoadResult } from '../src/bench/load.ts'
import { runTool } from './support/tool.ts'

const short = ['--warm-up', '0', '--in-flight', '4', '--requests', '40']

describe('network-tool bench', () => {
  test.each([[[]], [['--routed']]])('loads an echo container of its own %j', async (way) => {
    await using net = await startTestNetwork()
    const { code, out } = await runTool(net, ['bench', '--json', ...short, ...way])
    const result = JSON.parse(out) as LoadResult
    expect(result).toMatchObject({ requests: 40, failures: {}, inFlight: 4 })
    expect(Object.keys(result.latencyMs ?? {})).toEqual(['min', 'mean', 'p50', 'p90', 'p99', 'p999', 'max'])
    expect(code).toBe(0)
    await net.advance(4000)
    expect({ agents: await net.network.agents(), sessions: net.server.counts().sessions }).toEqual({
      agents: [],
      sessions: 0
    })
  })

  test('measures over real sockets, in real time, and shows it as a list', async () => {
    await using net = await startTestNetwork({ transport: 'zeromq' })
    const { out } = await runTool(net, ['bench', '--seconds', '0.3', '--warm-up', '0.1', '--in-flight', '8'])
    const names = out
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/)[0])
    expect(names).toEqual([
      'requests',
      'failures',
      'in flight',
      'time',
      'rate',
      'p50',
      'p90',
      'p99',
      'p99.9',
      'longest'
    ])
    expect(out).toContain('\nfailures   none\n')
  })

  test('loads a container of the network, and counts failures by code', async () => {
    await using net = await startTestNetwork()
    let asked = 0
    const answer = () => {
      if (asked++ % 4 === 0) throw new NetworkError('ROOM_FULL', 'no seat left')
      return asked
    }
    await net.agent({ containers: { room: () => recordingContainer({ answer }) } })
    const { out } = await runTool(net, ['bench', 'room', 'enter', '{"name":"anna"}', '--json', ...short])
    expect(JSON.parse(out)).toMatchObject({ requests: 40, failures: { ROOM_FULL: 10 } })
  })

  test('a kind needs an operation', async () => {
    await using net = await startTestNetwork()
    expect(await runTool(net, ['bench', 'room'])).toEqual({
      code: 2,
      out: '',
      error: 'error: a kind needs an operation, too\n'
    })
  })
})
