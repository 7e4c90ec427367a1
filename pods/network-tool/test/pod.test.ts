import { createNetworkClient, type NetworkClient } from '@hcengineering/network-client'
import {
  containerOnAgentEndpointRef,
  silentLogger,
  type AgentUuid,
  type ContainerKind,
  type ContainerUuid
} from '@hcengineering/network-core'
import { readConfiguration, startPod, type Pod } from '@hcengineering/network-pod'
import { echoContainer } from '@hcengineering/network-testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runAlone } from './support/tool.ts'

const token = '0123456789abcdef'
const room = 'room' as ContainerKind

/** A pod with all that is real: sockets, the admin server, two agents. */
describe('the tool at a real pod', () => {
  let pod: Pod
  let client: NetworkClient
  let environment: Record<string, string>

  const tool = (argv: readonly string[], more: Record<string, string> = {}) =>
    runAlone(argv, { ...environment, ...more })

  beforeAll(async () => {
    const settings = {
      HOST: '127.0.0.1',
      PORT: '0',
      ADMIN_PORT: '0',
      ADMIN_TOKEN: token,
      RECOVERY_GRACE: '0'
    }
    pod = await startPod(readConfiguration(settings), silentLogger)
    const network = `127.0.0.1:${pod.port}`
    environment = { NETWORK: network, ADMIN: `http://127.0.0.1:${pod.adminPort}` }
    client = createNetworkClient(network)
    for (const uuid of ['agent-1', 'agent-2']) {
      await client.serveAgent(
        '127.0.0.1:0',
        {
          room: async (options, agentEndpoint) => {
            const uuid = options.uuid ?? ('lobby' as ContainerUuid)
            return {
              uuid,
              container: echoContainer(),
              endpoint: containerOnAgentEndpointRef(agentEndpoint, uuid)
            }
          }
        },
        undefined,
        { uuid: uuid as AgentUuid }
      )
    }
    await client.get(room, { uuid: 'lobby' as ContainerUuid, labels: ['gold'] })
    await client.get(room, { uuid: 'cellar' as ContainerUuid })
  })

  afterAll(async () => {
    await client.close()
    await pod.close()
  })

  test('clients, agents and a container are as they are', async () => {
    const clients = JSON.parse((await tool(['clients', '--json', '--search', client.uuid])).out)
    expect(clients).toEqual([
      expect.objectContaining({
        clientId: client.uuid,
        connected: true,
        references: 2,
        agents: ['agent-1', 'agent-2']
      })
    ])
    const agents = JSON.parse((await tool(['agents', '--details', '--json'])).out)
    expect(agents).toEqual([
      expect.objectContaining({ agentId: 'agent-1', state: 'active', kinds: ['room'] }),
      expect.objectContaining({ agentId: 'agent-2', state: 'active', kinds: ['room'] })
    ])
    const { out } = await tool(['describe', 'lobby'])
    expect(out).toMatch(/^state +serving since /m)
    expect(out).toMatch(new RegExp(`^holders +${client.uuid} \\(1\\)$`, 'm'))
    expect(await tool(['describe', 'attic'])).toMatchObject({
      code: 1,
      error: expect.stringMatching(/^error CONTAINER_NOT_FOUND: /)
    })
  })

  test('top shows it', async () => {
    const { out } = await tool(['top', '--once'])
    expect(out).toMatch(/^network http:\/\/127\.0\.0\.1:\d+ {2}version 0\.1\.0 {2}epoch \d+ {2}up .+ready$/m)
    expect(out).toMatch(/^room +2 +2$/m)
  })

  test('doctor finds nothing wrong', async () => {
    const { code, out } = await tool(['doctor', '--json'], { ADMIN_TOKEN: token })
    const { problems, findings } = JSON.parse(out)
    expect({ code, problems }).toEqual({ code: 0, problems: 0 })
    expect(findings).toContainEqual(expect.objectContaining({ check: 'version', severity: 'ok' }))
    expect(findings).toContainEqual(expect.objectContaining({ check: 'token', severity: 'ok' }))
  })

  test('acting needs the token, and does what it says', async () => {
    expect(await tool(['terminate', 'cellar'])).toMatchObject({
      code: 1,
      error: expect.stringMatching(/^error UNAUTHENTICATED: .*ADMIN_TOKEN\)\n$/)
    })
    expect((await tool(['terminate', 'cellar'], { ADMIN_TOKEN: token })).code).toBe(0)
    const before = await client.list(room)
    const [agentId] = before.filter(({ uuid }) => uuid === 'lobby').map((record) => record.agentId)
    expect(await tool(['drain', agentId!], { ADMIN_TOKEN: token })).toEqual({
      code: 0,
      out: `agent ${agentId} has handed everything over\n`,
      error: ''
    })
    await expect
      .poll(async () => (await client.list(room)).find(({ uuid }) => uuid === 'lobby')?.agentId, {
        timeout: 5000
      })
      .not.toBe(agentId)
  })
})
