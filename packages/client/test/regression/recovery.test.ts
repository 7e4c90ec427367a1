import { containerOnAgentEndpointRef, type AgentEndpointRef } from '@hcengineering/network-core'
import type { StandbyContainer } from '@hcengineering/network-client'
import { recordingContainer, type RecordingContainer } from '@hcengineering/network-testing'
import { describe, expect, test } from 'vitest'
import { Gate, kind, paceOf, startNetwork, transports, uuid } from '../support/settings.ts'

const named = (name: string): RecordingContainer => recordingContainer({ answer: () => name })

const leaderOf =
  (container: RecordingContainer) =>
  (endpoint: AgentEndpointRef): StandbyContainer[] => [
    {
      uuid: uuid('leader'),
      kind: kind('leader'),
      endpoint: containerOnAgentEndpointRef(endpoint, uuid('leader')),
      container
    }
  ]

describe.each(transports)('recovery over %s', (transport) => {
  const { aliveMs, unusedMs, marginMs } = paceOf(transport)

  test('case 12: an agent that was stopped and wakes answers for nothing that has moved', async () => {
    await using net = await startNetwork(transport)
    const first = named('first')
    const stopped = await net.agent({ containers: { room: () => first } })
    const client = await net.client()
    const room = await client.get(kind('room'), { uuid: uuid('lobby') })
    const connection = await room.connect()
    expect(await net.until(connection.request('who'))).toBe('first')
    const asked = first.requests.length
    await net.agent({ containers: { room: () => named('second') } })
    net.pause(stopped)
    // On its way to the stopped agent, which will find it when it wakes.
    const answers = [connection.request('who'), room.request('who')].map((answer) =>
      answer.catch((error: unknown) => error)
    )
    await net.until(() => net.network.counts().agents === 1, aliveMs + marginMs)
    net.resume(stopped)
    const settled = await net.until(Promise.all(answers))
    expect(settled).not.toContain('first')
    expect(first.requests).toHaveLength(asked)
    expect(await net.until(room.request('who'))).toBe('second')
    expect(await net.until(connection.request('who'))).toBe('second')
    await net.until(() => first.terminations === 1)
  })

  test('case 23: a client that dies in the middle of a get leaves no reference behind', async () => {
    await using net = await startNetwork(transport)
    const gate = new Gate()
    const container = named('slow')
    await net.agent({
      containers: {
        room: async () => {
          await gate.opened
          return container
        }
      }
    })
    const client = await net.client({ aliveTimeout: aliveMs / 1000 })
    client.get(kind('room'), { uuid: uuid('lobby') }).catch(() => {})
    await net.until(() => net.network.counts().starts === 1)
    await net.kill(client)
    gate.open()
    await net.until(() => container.terminations === 1, aliveMs + unusedMs + 2 * marginMs)
    await net.until(() => net.network.counts().containers === 0)
    expect(await (await net.client()).list()).toEqual([])
  })

  test('case 25: after a restart a get by labels finds the container that bears them', async () => {
    await using net = await startNetwork(transport)
    let made = 0
    await net.agent({ containers: { room: () => named(`room ${++made}`) } })
    const client = await net.client()
    const room = await client.get(kind('room'), { labels: ['acme'] })
    await net.restartCoordinator()
    const again = await net.until(client.get(kind('room'), { labels: ['acme'] }))
    expect(again.uuid).toBe(room.uuid)
    expect(await net.until(again.request('who'))).toBe('room 1')
    expect(made).toBe(1)
  })
})

test('case 22: a standby that registers first after a restart does not serve beside the active one', async () => {
  await using net = await startNetwork('memory')
  const active = named('active')
  const second = named('second')
  const first = await net.agent({ standbys: leaderOf(active) })
  await net.agent({ standbys: leaderOf(second) })
  const client = await net.client()
  const leader = await client.get(kind('leader'))
  const connection = await leader.connect()
  expect(await connection.request('who')).toBe('active')
  // The active one's way to the coordinator is cut for a moment; clients reach it all the time.
  net.partition(first, 'coordinator')
  await net.restartCoordinator()
  await net.advance(500)
  expect(await net.until(connection.request('who'))).toBe('active')
  expect(second.requests).toEqual([])
  net.heal()
  // It finds its way back before its lease has ended.
  net.resetConnections(first, 'coordinator')
  await net.advance(10_000)
  expect(await net.until(connection.request('who'))).toBe('active')
  expect(await net.until(leader.request('who'))).toBe('active')
  expect(second.requests).toEqual([])
  expect((await client.list())[0]).toMatchObject({ agentId: first.uuid })
})

test('case 18: after many resets no request has run twice, and no old connection expels the client', async () => {
  await using net = await startNetwork('memory')
  const container = recordingContainer({ answer: ({ data }) => data as unknown })
  const agent = await net.agent({ containers: { room: () => container } })
  const client = await net.client()
  const room = await client.get(kind('room'), { uuid: uuid('lobby') })
  const connection = await room.connect()
  let n = 0
  const answers: Promise<unknown>[] = []
  for (let round = 0; round < 60; round++) {
    for (let each = 0; each < 5; each++)
      answers.push(room.request('say', ++n), connection.request('say', ++n))
    // In the middle of what is on its way.
    await Promise.resolve()
    net.resetConnections(client, 'coordinator')
    net.resetConnections(client, agent)
    net.resetConnections(agent, 'coordinator')
    await net.advance(200)
  }
  expect(await net.until(Promise.all(answers))).toEqual(Array.from({ length: n }, (_, index) => index + 1))
  const ran = container.requests.map(({ data }) => data as number)
  expect(ran.toSorted((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, index) => index + 1))
  // Well beyond the alive timeouts and graces of all the connections that were left behind.
  await net.advance(30_000)
  expect(await net.until(room.request('say', 'still'))).toBe('still')
  expect(container).toMatchObject({ terminations: 0, disconnects: [] })
})

/** A container on an agent that, with one client, is cut off from the coordinator. */
async function cutOff(activation: 'strict' | 'available') {
  const net = await startNetwork('memory')
  const container = named('cut off')
  const agent = await net.agent({
    containers: { room: () => container },
    options: { activation: { room: activation } }
  })
  const client = await net.client()
  const room = await client.get(kind('room'), { uuid: uuid('lobby') })
  const connection = await room.connect()
  expect(await connection.request('who')).toBe('cut off')
  // Client and agent reach each other, and nobody else.
  net.partition(agent, 'coordinator')
  net.partition(client, 'coordinator')
  return {
    net,
    container,
    agent,
    client,
    connection,
    [Symbol.asyncDispose]: () => net.close()
  }
}

describe('an agent that is cut off', () => {
  test('serves nobody once its lease has ended, if its kind is strict', async () => {
    await using cut = await cutOff('strict')
    const { net, container, connection } = cut
    await net.advance(2500)
    const asked = container.requests.length
    const answer = connection.request('who', undefined, { timeoutMs: 1000 }).catch((error: unknown) => error)
    await net.advance(1500)
    expect(await net.until(answer)).toBeInstanceOf(Error)
    expect(container.requests).toHaveLength(asked)
  })

  test('serves on whoever reaches it, if its kind is available; once healed, the higher token wins', async () => {
    await using cut = await cutOff('available')
    const { net, container, agent, client, connection } = cut
    await net.advance(10_000)
    expect(await net.until(connection.request('who'))).toBe('cut off')
    const other = await net.agent({ containers: { room: () => named('elsewhere') } })
    const elsewhere = await net.client()
    const there = await net.until(elsewhere.get(kind('room'), { uuid: uuid('lobby') }))
    expect(await net.until(there.request('who'))).toBe('elsewhere')
    net.heal()
    await net.advance(5000)
    expect(container.terminations).toBe(1)
    expect(await net.until(connection.request('who'))).toBe('elsewhere')
    expect(await client.list()).toMatchObject([{ uuid: 'lobby', agentId: other.uuid }])
    expect(await agent.agent.list()).toEqual([])
  })

  test('goes on with what nobody else was given meanwhile', async () => {
    await using cut = await cutOff('available')
    const { net, container, client, connection } = cut
    await net.advance(10_000)
    net.heal()
    await net.advance(3000)
    expect(await net.until(connection.request('who'))).toBe('cut off')
    expect(container.terminations).toBe(0)
    expect(await client.list()).toHaveLength(1)
  })
})

test('a client that was silent for longer than its alive timeout, and is back on its session, holds what it held', async () => {
  await using net = await startNetwork('memory')
  const container = named('kept')
  await net.agent({ containers: { room: () => container } })
  const other = await net.client({ aliveTimeout: 60 })
  const kept = await other.get(kind('room'), { uuid: uuid('lobby') })
  const client = await net.client()
  const room = await client.get(kind('room'), { uuid: uuid('lobby') })
  net.pause(client)
  // Its references go after 3 s, its session is kept for 5 s more.
  await net.advance(5000)
  expect(net.network.counts().clients).toBe(2)
  net.resume(client)
  await net.advance(2000)
  await kept.close()
  await net.advance(20_000)
  expect(container.terminations).toBe(0)
  expect(await net.until(room.request('who'))).toBe('kept')
})

test('a get whose answer was lost leaves no reference behind', async () => {
  await using net = await startNetwork('memory')
  const container = named('slow')
  const gate = new Gate()
  await net.agent({
    containers: {
      room: async () => {
        await gate.opened
        return container
      }
    }
  })
  const client = await net.client()
  const got = client
    .get(kind('room'), { uuid: uuid('lobby'), timeoutMs: 1000 })
    .catch((error: unknown) => error)
  await net.until(() => net.network.counts().starts === 1)
  net.partition(client, 'coordinator')
  gate.open()
  await net.advance(1500)
  expect(await net.until(got)).toBeInstanceOf(Error)
  net.heal()
  net.resetConnections(client, 'coordinator')
  await net.until(() => container.terminations === 1, 10_000)
  expect(await client.list()).toEqual([])
})
