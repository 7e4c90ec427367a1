import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createNetworkClient } from '@hcengineering/network-client'
import {
  containerOnAgentEndpointRef,
  type ContainerFactories,
  type ContainerKind,
  type ContainerUuid
} from '@hcengineering/network-core'
import { echoContainer } from '@hcengineering/network-testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PodProcess } from './support/pod-process.ts'

const room = 'room' as ContainerKind
const uuid = (name: string): ContainerUuid => name as ContainerUuid

const factories = (): ContainerFactories => ({
  room: async (options, agentEndpoint) => ({
    uuid: options.uuid ?? uuid('any'),
    container: echoContainer(),
    endpoint: containerOnAgentEndpointRef(agentEndpoint, options.uuid ?? uuid('any'))
  })
})

describe('a pod with a data directory', () => {
  let path: string

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'network-pod-'))
  })

  afterEach(async () => {
    await rm(path, { recursive: true })
  })

  // An alive timeout that no test waits for: what comes sooner has not waited for it.
  const environment = (port: number): Record<string, string> => ({
    HOST: '127.0.0.1',
    PORT: String(port),
    DATA_DIR: path,
    ALIVE_TIMEOUT: '30',
    UNUSED_CONTAINER_TIMEOUT: '30'
  })

  test('that was killed goes on where it was, and waits only for agents that live', async () => {
    await using first = new PodProcess({ ...environment(0), RECOVERY_GRACE: '0' })
    const port = await first.port()
    await using client = createNetworkClient(`127.0.0.1:${port}`, { aliveTimeout: 30 })
    const { agent, server } = await client.serveAgent('127.0.0.1:0', factories())
    const lobby = await client.get(room, { uuid: uuid('lobby') })
    expect(await lobby.request('say', 1)).toBe(1)
    expect(JSON.parse(await readFile(join(path, 'roster.json'), 'utf8'))).toMatchObject({
      agents: [{ agentId: agent.uuid }]
    })
    first.signal('SIGKILL')
    await first.ended()
    await using second = new PodProcess(environment(port))
    await second.port()
    const began = performance.now()
    expect(await lobby.request('say', 2, { idempotent: true })).toBe(2)
    // Placed by the second pod: the hold has ended with the only agent's registration.
    const bar = await client.get(room, { uuid: uuid('bar') })
    expect(await bar.request('say', 3)).toBe(3)
    expect(performance.now() - began).toBeLessThan(5000)
    expect((await client.list()).map((record) => record.uuid).toSorted()).toEqual(['bar', 'lobby'])
    await lobby.close()
    await bar.close()
    await client.unregister(agent)
    await server.close()
  })

  test('lets no second one use it', async () => {
    await using first = new PodProcess(environment(0))
    await first.port()
    await using second = new PodProcess(environment(0))
    const { code, errors } = await second.ended()
    expect(errors).toEqual([expect.stringContaining(`error DATA_IN_USE: another coordinator uses ${path}`)])
    expect(code).toBe(1)
  })
})
