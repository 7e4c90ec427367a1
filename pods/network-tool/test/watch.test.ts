import type { ContainerKind, ContainerUuid } from '@hcengineering/network-core'
import { startTestNetwork, type TestNetwork } from '@hcengineering/network-testing'
import { describe, expect, test } from 'vitest'
import { runTool } from './support/tool.ts'

const kind = (name: string) => name as ContainerKind
const uuid = (name: string) => name as ContainerUuid

const stopAtOnce = (listener: () => void) => {
  queueMicrotask(listener)
  return { [Symbol.dispose]: () => {} }
}

/** Runs `watch` while something happens. */
async function watchWhile(net: TestNetwork, argv: readonly string[], happen: () => Promise<void>) {
  let listening = false
  const run = runTool(
    net,
    ['watch', ...argv],
    {},
    {
      onStop: () => {
        listening = true
        return { [Symbol.dispose]: () => {} }
      }
    }
  )
  await expect.poll(() => listening).toBe(true)
  await happen()
  return await run
}

describe('network-tool watch', () => {
  test('shows what comes, changes and goes', async () => {
    await using net = await startTestNetwork({
      transport: 'zeromq',
      network: { unusedContainerTimeout: 0.2 }
    })
    const client = await net.client()
    const { code, out } = await watchWhile(net, ['--count', '4'], async () => {
      const agent = await net.agent({ kinds: ['room'] })
      const room = await client.get(kind('room'), { uuid: uuid('lobby'), labels: ['gold'] })
      await room.close()
      await net.advance(600)
      await agent.close()
    })
    expect(out.replaceAll(/^\d\d:\d\d:\d\d\.\d\d\d/gm, '00:00:00.000').split('\n')).toEqual([
      '00:00:00.000  added    agent      agent-1  offers room',
      '00:00:00.000  added    container  lobby  room on agent-1 [gold]',
      '00:00:00.000  removed  container  lobby  room on agent-1 [gold]',
      '00:00:00.000  removed  agent      agent-1  offers room',
      ''
    ])
    expect(code).toBe(0)
  })

  test('shows one kind, agent or container only, as lines of JSON', async () => {
    await using net = await startTestNetwork({ transport: 'zeromq' })
    const client = await net.client()
    const happen = async () => {
      await net.agent({ kinds: ['room', 'hall'] })
      await client.get(kind('hall'), { uuid: uuid('great') })
      await client.get(kind('room'), { uuid: uuid('lobby') })
    }
    const { out } = await watchWhile(net, ['--json', '--uuid', 'lobby', '--count', '1'], happen)
    expect(JSON.parse(out)).toEqual({
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      change: 'added',
      subject: 'container',
      id: 'lobby',
      kind: 'room',
      labels: [],
      agentId: 'agent-1'
    })
  })

  test('ends after its time, or when it is told to', async () => {
    await using net = await startTestNetwork()
    const began = net.clock.now()
    expect(await runTool(net, ['watch', '--seconds', '2'])).toEqual({ code: 0, out: '', error: '' })
    expect(net.clock.now() - began).toBe(2000)
    expect((await runTool(net, ['watch'], {}, { onStop: stopAtOnce })).code).toBe(0)
  })
})
