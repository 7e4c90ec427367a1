import { AgentImpl, agentEndpointRef, type AgentUuid } from '@hcengineering/network-core'
import { describe, expect, test } from 'vitest'
import { echoContainer, type TestNetwork } from '@hcengineering/network-testing'
import { kind, paceOf, startNetwork, transports, uuid } from '../support/settings.ts'

/** Well below any alive timeout of these tests. */
const atOnceMs = 250

describe.each(transports)('proof of death over %s', (transport) => {
  const { aliveMs, marginMs } = paceOf(transport)

  test("a killed agent's containers are placed anew at once", async () => {
    await using net = await startNetwork(transport)
    const agent = await net.agent({ kinds: ['room'] })
    const client = await net.client()
    const room = await client.get(kind('room'), { uuid: uuid('lobby') })
    const other = await net.agent({ kinds: ['room'] })
    await net.advance(50)
    const killedAt = net.clock.now()
    await net.kill(agent)
    expect(await net.until(room.request('say', 'still there?', { idempotent: true }))).toBe('still there?')
    expect(net.clock.now() - killedAt).toBeLessThan(atOnceMs)
    expect(await client.agents()).toMatchObject([{ agentId: other.uuid }])
  })

  test('without one, an agent is given up for its silence', async () => {
    await using net = await startNetwork(transport, { server: { proofOfDeath: 'never' } })
    const agent = await net.agent({ kinds: ['room'] })
    const client = await net.client()
    await net.advance(50)
    const killedAt = net.clock.now()
    await net.kill(agent)
    await net.until(() => net.network.counts().agents === 0, aliveMs + marginMs)
    expect(net.clock.now() - killedAt).toBeGreaterThan(aliveMs / 2)
    expect(await client.agents()).toEqual([])
  })

  test('a paused agent is not dead: its address takes connections still', async () => {
    await using net = await startNetwork(transport)
    const agent = await net.agent({ kinds: ['room'] })
    const client = await net.client()
    await client.get(kind('room'), { uuid: uuid('lobby') })
    net.pause(agent)
    await net.advance(aliveMs / 3)
    expect(await client.agents()).toHaveLength(1)
    net.resume(agent)
  })

  test('a restarted coordinator waits only for agents that may live', async () => {
    await using net = await startNetwork(transport, { roster: true })
    const dead = await net.agent({ kinds: ['room'] })
    await net.agent({ kinds: ['hall'] })
    const client = await net.client()
    await net.advance(50)
    await net.kill(dead)
    await net.restartCoordinator()
    const startedAt = net.clock.now()
    const hall = await net.until(client.get(kind('hall'), { uuid: uuid('lobby') }))
    expect(await net.until(hall.request('say', 'hello'))).toBe('hello')
    // The other agent's client looks for the coordinator at growing intervals.
    expect(net.clock.now() - startedAt).toBeLessThan(aliveMs)
    expect(net.network.counts().agents).toBe(1)
  })
})

/** An agent whose endpoint is right on its own machine, and leads nowhere from the coordinator's. */
async function agentElsewhere(net: TestNetwork): Promise<AgentImpl> {
  const factories = {
    room: async () => ({ uuid: uuid('lobby'), endpoint: 'test://lobby' as never, container: echoContainer() })
  }
  const agent = new AgentImpl('elsewhere' as AgentUuid, factories, { clock: net.clock })
  agent.endpoint = agentEndpointRef('localhost:9')
  return agent
}

test("case 24: a session reset while the agent's localhost refuses is not taken for its death", async () => {
  await using net = await startNetwork('memory')
  const agent = await agentElsewhere(net)
  const owner = await net.client()
  await net.until(owner.register(agent))
  const client = await net.client()
  const room = await client.get(kind('room'), { uuid: uuid('lobby') })
  const events: number[] = []
  client.onUpdate(async ({ agents }) => {
    for (const { event } of agents) events.push(event)
  })
  for (let round = 0; round < 5; round++) {
    net.resetConnections(owner, 'coordinator')
    await net.advance(300)
    expect(await net.until(room.request('say', round))).toBe(round)
  }
  expect(events).toEqual([])
  await agent.close()
})

test('case 24: a reset of every connection of an agent that listens still is not taken for its death', async () => {
  await using net = await startNetwork('memory')
  const agent = await net.agent({ kinds: ['room'] })
  const client = await net.client()
  const room = await client.get(kind('room'), { uuid: uuid('lobby') })
  for (let round = 0; round < 5; round++) {
    net.resetConnections(agent, 'coordinator')
    await net.advance(300)
    expect(await net.until(room.request('say', round))).toBe(round)
  }
  expect(agent.containers).toHaveLength(1)
  expect(await client.agents()).toHaveLength(1)
})

test('a listener that goes while its process lives proves nothing: the session is open', async () => {
  await using net = await startNetwork('memory')
  const agent = await agentElsewhere(net)
  const stand = await net.agent()
  // The listener of another agent stands at that address, and answers as that one.
  agent.endpoint = stand.agent.endpoint
  const owner = await net.client()
  await net.until(owner.register(agent))
  const client = await net.client()
  const room = await client.get(kind('room'), { uuid: uuid('lobby') })
  await net.advance(100)
  await net.kill(stand)
  await net.advance(10_000)
  expect(await net.until(room.request('say', 'hello'))).toBe('hello')
  expect((await client.agents()).map(({ agentId }) => agentId)).toEqual(['elsewhere'])
  await agent.close()
})
