import { containerOnAgentEndpointRef, type AgentEndpointRef } from '@hcengineering/network-core'
import type { StandbyContainer } from '@hcengineering/network-client'
import { eventRecorder, recordingContainer, type RecordingContainer } from '@hcengineering/network-testing'
import { describe, expect, test } from 'vitest'
import { errorWith, kind, paceOf, startNetwork, transports, uuid } from '../support/settings.ts'

/** What an HA container brings along, and the object itself. */
function standby(name: string): {
  container: RecordingContainer
  bring: (endpoint: AgentEndpointRef) => StandbyContainer[]
} {
  const container = recordingContainer({ answer: () => name })
  return {
    container,
    bring: (endpoint) => [
      {
        uuid: uuid('leader'),
        kind: kind('leader'),
        endpoint: containerOnAgentEndpointRef(endpoint, uuid('leader')),
        container
      }
    ]
  }
}

test('a connection whose agent only the coordinator can reach goes on through the coordinator', async () => {
  await using net = await startNetwork('memory')
  const agent = await net.agent({ kinds: ['room'] })
  const client = await net.client()
  const room = await client.get(kind('room'), { uuid: uuid('lobby') })
  const connection = await room.connect()
  const heard: unknown[] = []
  connection.on = (data) => {
    heard.push(data)
  }
  net.partition(client, agent)
  await net.advance(10_000)
  expect(await net.until(connection.request('say', 'around'), 5000)).toBe('around')
  await agent.containers[0]?.broadcast('news')
  await net.until(() => heard.length === 1)
  expect(heard).toEqual(['news'])
  expect(agent.containers).toHaveLength(1)
})

test('a connection that is being opened to an agent that stands still follows the container to the next', async () => {
  await using net = await startNetwork('memory')
  const { aliveMs, marginMs } = paceOf('memory')
  const stopped = await net.agent({ kinds: ['room'] })
  const client = await net.client()
  const lobby = await client.get(kind('room'), { uuid: uuid('lobby') })
  const hall = await client.get(kind('room'), { uuid: uuid('hall') })
  // There is a session with the agent: it is asked over that, and says nothing.
  await lobby.connect()
  await net.agent({ kinds: ['room'] })
  net.pause(stopped)
  const connection = await net.until(hall.connect(), aliveMs + marginMs)
  expect(await connection.request('say', 'here')).toBe('here')
})

describe.each(transports)('death of an agent over %s', (transport) => {
  const { aliveMs, marginMs } = paceOf(transport)
  const boundMs = aliveMs + marginMs

  test('case 8: a standby that came second is kept alive, and takes over', async () => {
    await using net = await startNetwork(transport)
    const first = standby('first')
    const second = standby('second')
    const agent = await net.agent({ standbys: first.bring })
    await net.agent({ standbys: second.bring })
    const client = await net.client()
    const leader = await client.get(kind('leader'))
    const endpoints: string[] = []
    leader.onEndpointUpdate = (endpoint) => endpoints.push(endpoint)
    expect(await leader.request('who')).toBe('first')
    expect(second.container).toMatchObject({ requests: [], terminations: 0 })
    await net.kill(agent)
    expect(await net.until(leader.request('who', undefined, { idempotent: true }), boundMs)).toBe('second')
    expect(second.container.terminations).toBe(0)
    expect(endpoints).toEqual([leader.endpoint])
  })

  test('case 9: after an agent has re-registered, its death takes its containers out of the directory', async () => {
    await using net = await startNetwork(transport)
    const agent = await net.agent({ kinds: ['room'] })
    const client = await net.client()
    await client.get(kind('room'), { uuid: uuid('lobby') })
    await net.restartCoordinator()
    await net.until(() => net.network.counts().agents === 1, 10_000)
    await net.until(() => net.network.counts().containers === 1, 10_000)
    expect(await net.network.list()).toHaveLength(1)
    await net.kill(agent)
    await net.advance(boundMs)
    expect(await net.network.list()).toEqual([])
    expect(await net.network.agents()).toEqual([])
    const next = await net.agent({ kinds: ['room'] })
    await net.until(() => next.containers.length === 1, 10_000)
    await net.advance(100)
    expect(await net.network.list()).toMatchObject([{ uuid: 'lobby', agentId: next.uuid }])
  })

  test('case 10: a connection follows its container to another agent, events and all', async () => {
    await using net = await startNetwork(transport)
    const first = await net.agent({ kinds: ['room'] })
    const second = await net.agent({ kinds: ['room'] })
    const client = await net.client()
    const room = await client.get(kind('room'), { uuid: uuid('lobby') })
    const connection = await room.connect()
    const heard: unknown[] = []
    connection.on = (data) => {
      heard.push(data)
    }
    await first.containers[0]?.broadcast('from the first')
    await net.until(() => heard.length === 1)
    await net.kill(first)
    const asked = connection.request('say', 'after', { idempotent: true })
    expect(await net.until(asked, boundMs)).toBe('after')
    expect(second.containers[0]?.connects).toEqual([client.uuid])
    await second.containers[0]?.broadcast('from the second')
    await net.until(() => heard.length === 2)
    expect(heard).toEqual(['from the first', 'from the second'])
  })

  test('case 10: a connection that nobody asks anything follows its container, too', async () => {
    await using net = await startNetwork(transport)
    const first = await net.agent({ kinds: ['room'] })
    const second = await net.agent({ kinds: ['room'] })
    const client = await net.client()
    const room = await client.get(kind('room'), { uuid: uuid('lobby') })
    await room.connect()
    await net.kill(first)
    await net.until(() => second.containers[0]?.connects.length === 1, boundMs + 2000)
    expect(second.containers[0]?.connects).toEqual([client.uuid])
  })

  test('case 10: a request made once the loss was noticed is dispatched in the new place only', async () => {
    await using net = await startNetwork(transport)
    const first = await net.agent({ kinds: ['room'] })
    const second = await net.agent({ kinds: ['room'] })
    const client = await net.client()
    const room = await client.get(kind('room'), { uuid: uuid('lobby') })
    const connection = await room.connect()
    await net.kill(first)
    await net.advance(100)
    expect(await net.until(connection.request('say', 'after'), boundMs)).toBe('after')
    expect(first.containers[0]?.requests).toEqual([])
    expect(second.containers[0]?.requests).toHaveLength(1)
  })

  test.each(['direct', 'routed'] as const)(
    'case 11: requests in flight to a dead agent settle as OUTCOME_UNKNOWN (%s)',
    async (way) => {
      await using net = await startNetwork(transport)
      const hanging = recordingContainer({ answer: () => new Promise(() => {}) })
      const agent = await net.agent({ containers: { room: () => hanging }, listener: way === 'direct' })
      const client = await net.client()
      const room = await client.get(kind('room'), { uuid: uuid('lobby') })
      const connection = await room.connect()
      const asked = [room.request('hang'), connection.request('hang'), client.request(uuid('lobby'), 'hang')]
      const settled = Promise.allSettled(asked)
      await net.until(() => hanging.requests.length === 3)
      const killedAt = net.clock.now()
      await net.kill(agent)
      const outcomes = await net.until(settled, boundMs + 20_000)
      expect(net.clock.now() - killedAt).toBeLessThanOrEqual(boundMs)
      for (const outcome of outcomes) {
        expect(outcome).toEqual({ status: 'rejected', reason: errorWith('OUTCOME_UNKNOWN') })
      }
      expect(hanging.requests).toHaveLength(3)
    }
  )

  test('case 11: a request that was made after the death is answered from the new place', async () => {
    await using net = await startNetwork(transport)
    const first = await net.agent({ kinds: ['room'] })
    const client = await net.client()
    const room = await client.get(kind('room'), { uuid: uuid('lobby') })
    await net.agent({ kinds: ['room'] })
    await net.kill(first)
    await net.advance(aliveMs + marginMs / 2)
    expect(await net.until(room.request('say', 'hello'), 1000)).toBe('hello')
  })

  test('case 14: a container that is terminated on its agent leaves the directory', async () => {
    await using net = await startNetwork(transport)
    const agent = await net.agent({ kinds: ['room'] })
    const client = await net.client()
    const events = eventRecorder()
    client.onUpdate(events.listener)
    await client.get(kind('room'), { uuid: uuid('by-uuid') })
    const { endpoint } = await client.get(kind('room'), { uuid: uuid('by-endpoint') })
    const itself = await client.get(kind('room'), { uuid: uuid('by-itself') })
    await agent.agent.terminate(uuid('by-uuid'))
    await agent.agent.terminate(endpoint)
    agent.containers[2]?.onTerminated?.()
    await net.until(() => net.network.counts().deadlines >= 0 && events.log.length === 6)
    expect(await client.list()).toEqual([])
    expect(events.log.slice(3)).toEqual(['removed by-uuid', 'removed by-endpoint', 'removed by-itself'])
    expect(agent.containers.map((container) => container.terminations)).toEqual([1, 1, 0])
    // Whoever still refers to one gets it back with the next request.
    expect(await net.until(itself.request('say', 'back'))).toBe('back')
  })
})
