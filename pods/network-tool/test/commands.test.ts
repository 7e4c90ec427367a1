import { NetworkError, type ContainerKind, type ContainerUuid } from '@hcengineering/network-core'
import { recordingContainer, startTestNetwork } from '@hcengineering/network-testing'
import { describe, expect, test } from 'vitest'
import { runTool } from './support/tool.ts'

const kind = (name: string) => name as ContainerKind
const uuid = (name: string) => name as ContainerUuid

const neverAnswer = () => new Promise(() => {})
const refuse = () => {
  throw new NetworkError('ROOM_FULL', 'no seat left\nin the lobby')
}

describe('network-tool agents', () => {
  test('shows the agents as a table', async () => {
    await using net = await startTestNetwork()
    const first = await net.agent({ kinds: ['room', 'hall'] })
    await net.agent({ kinds: ['room'], listener: false })
    const { code, out, error } = await runTool(net, ['agents'])
    const endpoint = first.agent.endpoint!
    expect(out.split('\n')).toEqual([
      `AGENT    ${'ENDPOINT'.padEnd(endpoint.length)}  KINDS`,
      `agent-1  ${endpoint}  room, hall`,
      `agent-2  ${'-'.padEnd(endpoint.length)}  room`,
      ''
    ])
    expect({ code, error }).toEqual({ code: 0, error: '' })
  })

  test('shows them as JSON', async () => {
    await using net = await startTestNetwork()
    const { agent } = await net.agent({ kinds: ['room'] })
    const { out } = await runTool(net, ['agents', '--json'])
    expect(JSON.parse(out)).toEqual([{ agentId: 'agent-1', endpoint: agent.endpoint, kinds: ['room'] }])
  })

  test('says so when there are none', async () => {
    await using net = await startTestNetwork()
    expect(await runTool(net, ['agents'])).toEqual({ code: 0, out: 'no agents\n', error: '' })
    expect(await runTool(net, ['--json', 'agents'])).toEqual({ code: 0, out: '[]\n', error: '' })
  })
})

describe('network-tool containers', () => {
  test('shows all of them in order, or those of one kind', async () => {
    await using net = await startTestNetwork()
    await net.agent({ kinds: ['room', 'hall'] })
    const client = await net.client()
    await client.get(kind('room'), { uuid: uuid('lobby'), labels: ['gold', 'east'] })
    await client.get(kind('hall'), { uuid: uuid('great-hall') })

    const all = await runTool(net, ['containers'])
    const lines = all.out.trimEnd().split('\n')
    expect(lines.map((line) => line.split(/ {2,}/))).toEqual([
      ['CONTAINER', 'KIND', 'AGENT', 'ENDPOINT', 'LABELS'],
      ['great-hall', 'hall', 'agent-1', expect.stringContaining('/great-hall'), '-'],
      ['lobby', 'room', 'agent-1', expect.stringContaining('/lobby'), 'gold, east']
    ])
    expect(all.code).toBe(0)

    const rooms = await runTool(net, ['containers', '--kind', 'room', '--json'])
    expect(JSON.parse(rooms.out)).toEqual([
      expect.objectContaining({ uuid: 'lobby', kind: 'room', agentId: 'agent-1', labels: ['gold', 'east'] })
    ])
    expect(await runTool(net, ['containers', '--kind', 'attic'])).toEqual({
      code: 0,
      out: 'no containers of kind attic\n',
      error: ''
    })
  })

  test('does not let what a name contains move the cursor or start a line', async () => {
    await using net = await startTestNetwork()
    await net.agent({ kinds: ['room'] })
    const client = await net.client()
    await client.get(kind('room'), { uuid: uuid('lobby'), labels: ['\u001b[2Jgone', 'two\nlines'] })
    const { out } = await runTool(net, ['containers'])
    expect(out).toContain('\\u001b[2Jgone, two\\nlines')
    expect(out.trimEnd().split('\n')).toHaveLength(2)
  })
})

describe('network-tool kinds', () => {
  test('lists the kinds in order', async () => {
    await using net = await startTestNetwork()
    await net.agent({ kinds: ['room', 'hall'] })
    expect(await runTool(net, ['kinds'])).toEqual({ code: 0, out: 'KIND\nhall\nroom\n', error: '' })
    expect(await runTool(net, ['kinds', '--json'])).toEqual({ code: 0, out: '["hall","room"]\n', error: '' })
  })
})

describe('network-tool request', () => {
  test('sends operation and data, and shows the answer', async () => {
    await using net = await startTestNetwork()
    const agent = await net.agent({ kinds: ['room'] })
    const json = '{"text":"hello","to":["anna","bert"]}'
    const shown = await runTool(net, ['request', 'room', 'say', json])
    expect(shown).toEqual({ code: 0, out: "{ text: 'hello', to: [ 'anna', 'bert' ] }\n", error: '' })
    const { out } = await runTool(net, ['request', 'room', 'say', json, '--json'])
    expect(out).toBe(`${json}\n`)
    expect(agent.containers[0]?.requests[0]).toMatchObject({ operation: 'say', data: JSON.parse(json) })
  })

  test('shows text as it is, and an answer without a value as undefined', async () => {
    await using net = await startTestNetwork()
    await net.agent({ kinds: ['room'] })
    expect((await runTool(net, ['request', 'room', 'say', '"two\\nlines\\u001b[2J"'])).out).toBe(
      'two\nlines\\u001b[2J\n'
    )
    expect((await runTool(net, ['request', 'room', 'say'])).out).toBe('undefined\n')
    expect((await runTool(net, ['request', 'room', 'say', '--json'])).out).toBe('null\n')
  })

  test('takes negative numbers after --', async () => {
    await using net = await startTestNetwork()
    await net.agent({ kinds: ['room'] })
    expect((await runTool(net, ['request', 'room', 'say', '--', '-5'])).out).toBe('-5\n')
  })

  test('shows in JSON what JSON has no form for', async () => {
    await using net = await startTestNetwork()
    const answer = {
      when: new Date('2026-01-02T03:04:05Z'),
      big: 12345678901234567890n,
      bytes: new Uint8Array([1, 2, 3]),
      scores: new Map([['anna', 1n]]),
      names: new Set(['anna'])
    }
    await net.agent({ containers: { archive: () => recordingContainer({ answer: () => answer }) } })
    const { out } = await runTool(net, ['request', 'archive', 'read', '--json'])
    expect(JSON.parse(out)).toEqual({
      when: '2026-01-02T03:04:05.000Z',
      big: '12345678901234567890',
      bytes: 'AQID',
      scores: [['anna', '1']],
      names: ['anna']
    })
  })

  test('chooses the container by uuid or by labels', async () => {
    await using net = await startTestNetwork()
    await net.agent({ kinds: ['room'] })
    const client = await net.client()
    await client.get(kind('room'), { uuid: uuid('lobby') })
    await client.get(kind('room'), { uuid: uuid('cellar'), labels: ['cold', 'dark'] })
    expect((await runTool(net, ['request', 'room', 'say', '1', '--uuid', 'lobby'])).code).toBe(0)
    expect((await runTool(net, ['request', 'room', 'say', '2', '--label', 'cold', 'dark'])).code).toBe(0)
    expect(
      (await runTool(net, ['request', 'room', 'say', '3', '--label', 'cold', '--label', 'dark'])).code
    ).toBe(0)
    expect(await net.network.list()).toHaveLength(2)
  })

  test('gives its reference back', async () => {
    await using net = await startTestNetwork()
    const agent = await net.agent({ kinds: ['room'] })
    await runTool(net, ['request', 'room', 'say', '1'])
    await net.advance(4000)
    expect(agent.containers[0]?.terminations).toBe(1)
  })

  test("reports the container's own error in one line", async () => {
    await using net = await startTestNetwork()
    await net.agent({ containers: { room: () => recordingContainer({ answer: refuse }) } })
    expect(await runTool(net, ['request', 'room', 'enter'])).toEqual({
      code: 1,
      out: '',
      error: 'error ROOM_FULL: no seat left\\nin the lobby\n'
    })
  })

  test('reports a kind that nobody offers at its time, with the kinds there are', async () => {
    await using net = await startTestNetwork()
    await net.agent({ kinds: ['room'] })
    const began = net.clock.now()
    const { code, error } = await runTool(net, ['request', 'attic', 'say', '--timeout', '2000'])
    expect(error).toMatch(/^error NO_AGENT: .*room.*\n$/)
    expect(code).toBe(1)
    expect(net.clock.now() - began).toBe(2000)
  })

  test('reports an answer that does not come in time', async () => {
    await using net = await startTestNetwork()
    await net.agent({ containers: { room: () => recordingContainer({ answer: neverAnswer }) } })
    const { code, error } = await runTool(net, ['request', 'room', 'say', '--timeout', '1500'])
    expect(error).toMatch(/^error (TIMEOUT|OUTCOME_UNKNOWN): .*\n$/)
    expect(code).toBe(1)
  })
})
