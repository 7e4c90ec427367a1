import {
  containerOnAgentEndpointRef,
  type ContainerKind,
  type ContainerUuid
} from '@hcengineering/network-core'
import { recordingContainer, startTestNetwork, type TestNetwork } from '@hcengineering/network-testing'
import { describe, expect, test } from 'vitest'
import * as schemas from '../../src/admin/schemas.ts'
import { act, ask, startAdmin } from '../support/admin.ts'

const kind = (name: string): ContainerKind => name as ContainerKind
const uuid = (name: string): ContainerUuid => name as ContainerUuid

/** An agent that offers rooms, and a client with one that it has asked something. */
async function stocked(net: TestNetwork) {
  const agent = await net.agent({ kinds: ['room'] })
  const client = await net.client()
  const lobby = await client.get(kind('room'), { uuid: uuid('lobby'), labels: ['big', 'red'] })
  await net.until(lobby.request('say', 'hello'))
  return { agent, client, lobby }
}

describe('the admin API', () => {
  test('shows the coordinator as a whole', async () => {
    await using net = await startTestNetwork()
    await using admin = await startAdmin(net)
    await stocked(net)
    await net.advance(1000)
    const { status, body } = await ask(net, admin, '/api/overview')
    expect(status).toBe(200)
    expect(schemas.overview.parse(body)).toEqual(body)
    expect(body).toMatchObject({
      version: '0.1.0',
      epoch: 1,
      recovering: false,
      aliveTimeoutMs: 3000,
      containersByState: { unplaced: 0, starting: 0, serving: 1, ending: 0 },
      kinds: [{ kind: 'room', containers: 1, agents: 1, requests: 1, requestsFailed: 0 }],
      totals: { gets: 1, getsFailed: 0, requestsRouted: 1, requestsFailed: 0, starts: 1 },
      latest: { agents: 1, clients: 2, containers: 1, sessions: 2 }
    })
  })

  test('shows containers in pages, and filters them', async () => {
    await using net = await startTestNetwork()
    await using admin = await startAdmin(net)
    const { client } = await stocked(net)
    for (const name of ['hall', 'cellar'])
      await client.get(kind('room'), { uuid: uuid(name), labels: ['red'] })
    const uuids = async (query: string): Promise<string[]> => {
      const { body } = await ask(net, admin, `/api/containers?${query}`)
      return schemas.containerPage.parse(body).items.map((item) => item.uuid)
    }
    expect(await uuids('')).toEqual(['lobby', 'hall', 'cellar'])
    expect(await uuids('offset=1&limit=1')).toEqual(['hall'])
    expect(await uuids('kind=room&label=red&label=big')).toEqual(['lobby'])
    expect(await uuids('label=red&search=ll')).toEqual(['hall', 'cellar'])
    expect(await uuids('state=starting')).toEqual([])
    expect(await uuids('agent=agent-1&state=serving')).toEqual(['lobby', 'hall', 'cellar'])
    const { body } = await ask(net, admin, '/api/containers?limit=1')
    expect(body).toMatchObject({ total: 3, offset: 0, limit: 1 })
  })

  test('shows one container, with its holders and what its agent says of it', async () => {
    await using net = await startTestNetwork()
    await using admin = await startAdmin(net)
    const { client } = await stocked(net)
    const { body } = await ask(net, admin, '/api/containers/lobby')
    expect(schemas.containerDetails.parse(body)).toEqual(body)
    expect(body).toMatchObject({
      uuid: 'lobby',
      labels: ['big', 'red'],
      state: 'serving',
      agentId: 'agent-1',
      references: 1,
      holders: [{ clientId: client.uuid, handles: 1 }],
      activity: { requests: 1, failures: 0, inFlight: 0 }
    })
  })

  test('finds a container whatever its name', async () => {
    await using net = await startTestNetwork()
    await using admin = await startAdmin(net)
    const name = uuid('a/b c?#%ü'.padEnd(512, 'x'))
    await net.agent({
      factories: {
        room: async (_options, endpoint) => ({
          uuid: name,
          container: recordingContainer(),
          endpoint: containerOnAgentEndpointRef(endpoint, name)
        })
      }
    })
    const client = await net.client()
    await client.get(kind('room'), { uuid: name })
    const { status, body } = await ask(net, admin, `/api/containers/${encodeURIComponent(name)}`)
    expect(status).toBe(200)
    expect(body).toMatchObject({ uuid: name })
  })

  test('shows agents, clients, kinds and who asks', async () => {
    await using net = await startTestNetwork()
    await using admin = await startAdmin(net)
    const { agent, client } = await stocked(net)
    const agents = await ask(net, admin, '/api/agents')
    expect(schemas.agentPage.parse(agents.body)).toEqual(agents.body)
    expect(agents.body).toMatchObject({
      total: 1,
      items: [{ agentId: agent.uuid, state: 'active', containers: 1 }]
    })
    const one = await ask(net, admin, `/api/agents/${agent.uuid}`)
    expect(schemas.agentView.parse(one.body)).toEqual(one.body)
    const clients = await ask(net, admin, `/api/clients?search=${client.uuid}`)
    expect(schemas.clientPage.parse(clients.body)).toEqual(clients.body)
    expect(clients.body).toMatchObject({ total: 1, items: [{ connected: true, references: 1, agents: [] }] })
    const kinds = await ask(net, admin, '/api/kinds')
    expect(schemas.kinds.parse(kinds.body)).toEqual(kinds.body)
    expect(kinds.body).toMatchObject([{ kind: 'room', containers: 1, agents: 1 }])
    const session = await ask(net, admin, '/api/session')
    expect(session.body).toEqual({ mayAct: false, tokenConfigured: true })
  })

  test('remembers ten minutes, second by second', async () => {
    await using net = await startTestNetwork()
    await using admin = await startAdmin(net)
    await net.advance(3000)
    const { client } = await stocked(net)
    for (let round = 0; round < 9; round++) await client.get(kind('room'), { uuid: uuid('lobby') })
    await net.advance(1000)
    const { body } = await ask(net, admin, '/api/history')
    const history = schemas.history.parse(body)
    expect(history).toEqual(body)
    expect(history).toHaveLength(4)
    expect(history[2]).toMatchObject({ getsPerSecond: 0, containers: 0 })
    expect(history[2]).not.toHaveProperty('getP50Ms')
    expect(history[3]).toMatchObject({ getsPerSecond: 10, requestsPerSecond: 1, containers: 1 })
    expect(history[3]?.getP99Ms).toBeGreaterThan(0)
    await net.advance(700_000)
    expect((await ask(net, admin, '/api/history')).body).toHaveLength(600)
  })

  test('says what is alive and ready, also while it recovers', async () => {
    await using net = await startTestNetwork({ network: { recoveryGrace: 2 } })
    await using admin = await startAdmin(net)
    expect(await ask(net, admin, '/livez')).toMatchObject({ status: 200 })
    expect(await ask(net, admin, '/readyz')).toMatchObject({ status: 503, body: { status: 'recovering' } })
    await net.advance(2500)
    expect(await ask(net, admin, '/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } })
  })

  test('serves the metrics that it was given, and says so if there are none', async () => {
    await using net = await startTestNetwork()
    const metrics = { contentType: 'text/plain; version=0.0.4', read: () => 'gets_total 1\n' }
    await using admin = await startAdmin(net, { metrics })
    expect(await ask(net, admin, '/metrics')).toMatchObject({ status: 200, body: 'gets_total 1\n' })
    await using bare = await startAdmin(net)
    expect(await ask(net, bare, '/metrics')).toMatchObject({ status: 404 })
  })

  test('describes itself as OpenAPI 3.1', async () => {
    await using net = await startTestNetwork()
    await using admin = await startAdmin(net)
    const { body } = await ask(net, admin, '/api/openapi.json')
    const { openapi, paths } = body as { openapi: string; paths: Record<string, Record<string, unknown>> }
    expect(openapi).toBe('3.1.0')
    expect(Object.keys(paths).toSorted()).toEqual([
      '/api/agents',
      '/api/agents/{agentId}',
      '/api/agents/{agentId}/drain',
      '/api/clients',
      '/api/containers',
      '/api/containers/{uuid}',
      '/api/containers/{uuid}/terminate',
      '/api/events',
      '/api/history',
      '/api/kinds',
      '/api/overview',
      '/api/session',
      '/livez',
      '/metrics',
      '/readyz'
    ])
    expect(paths['/api/agents/{agentId}/drain']?.['post']).toMatchObject({ security: [{ adminToken: [] }] })
  })

  test.each([
    ['/api/containers?limit=501', 400, 'INVALID_ARGUMENT', 'limit: must be a whole number from 1 to 500'],
    ['/api/containers?offset=-1', 400, 'INVALID_ARGUMENT', 'offset: must be a whole number'],
    ['/api/containers?state=gone', 400, 'INVALID_ARGUMENT', 'state: must be one of'],
    ['/api/containers?kind=', 400, 'INVALID_ARGUMENT', 'kind: '],
    ['/api/containers/nobody', 404, 'CONTAINER_NOT_FOUND', 'there is no container nobody'],
    ['/api/agents/nobody', 404, 'AGENT_NOT_FOUND', 'there is no agent nobody'],
    ['/api/nothing', 404, 'NOT_FOUND', 'there is nothing at /api/nothing']
  ])('refuses %s', async (url, status, code, message) => {
    await using net = await startTestNetwork()
    await using admin = await startAdmin(net)
    const answer = await ask(net, admin, url)
    expect(answer).toMatchObject({ status, body: { error: { code } } })
    expect(schemas.errorView.parse(answer.body).error.message).toContain(message)
  })
})

describe('the actions of the admin API', () => {
  test('end a container, which comes back on use', async () => {
    await using net = await startTestNetwork()
    await using admin = await startAdmin(net)
    const { agent, lobby } = await stocked(net)
    expect(await act(net, admin, '/api/containers/lobby/terminate')).toEqual({
      status: 200,
      body: { done: true }
    })
    await net.advance(100)
    expect(agent.containers[0]?.terminations).toBe(1)
    expect(await net.until(lobby.request('say', 'again'))).toBe('again')
  })

  test('drain an agent', async () => {
    await using net = await startTestNetwork()
    await using admin = await startAdmin(net)
    const { agent } = await stocked(net)
    expect(await act(net, admin, `/api/agents/${agent.uuid}/drain`)).toEqual({
      status: 200,
      body: { done: true }
    })
    const { body } = await ask(net, admin, `/api/agents/${agent.uuid}`)
    expect(body).toMatchObject({ state: 'draining' })
  })

  test('name what is not there', async () => {
    await using net = await startTestNetwork()
    await using admin = await startAdmin(net)
    expect(await act(net, admin, '/api/agents/nobody/drain')).toMatchObject({
      status: 404,
      body: { error: { code: 'AGENT_NOT_FOUND' } }
    })
    expect(await act(net, admin, '/api/containers/nobody/terminate')).toMatchObject({
      status: 404,
      body: { error: { code: 'CONTAINER_NOT_FOUND' } }
    })
  })
})
