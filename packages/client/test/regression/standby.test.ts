import { createNetworkClient } from '@hcengineering/network-client'
import { containerOnAgentEndpointRef } from '@hcengineering/network-core'
import { recordingContainer } from '@hcengineering/network-testing'
import { expect, test } from 'vitest'
import { kind, startNetwork, uuid } from '../support/settings.ts'

test('of two agents that were served before their clients were connected, one serves the container they bring', async () => {
  await using net = await startNetwork('memory')
  const join = async (name: string) => {
    const client = createNetworkClient(net.address, { transport: net.transport(name), clock: net.clock })
    // It registers twice: what waits for the connection, and what a new session makes it say.
    const served = await net.until(
      client.serveAgent('localhost:0', {}, (endpoint) => [
        {
          uuid: uuid('leader'),
          kind: kind('leader'),
          endpoint: containerOnAgentEndpointRef(endpoint, uuid('leader')),
          container: recordingContainer({ answer: () => name })
        }
      ])
    )
    return { client, served }
  }
  const members = [await join('first'), await join('second')]
  await net.advance(100)

  const serving = await Promise.all(members.map(({ served }) => served.agent.list(kind('leader'))))
  expect(serving.map(({ length }) => length)).toEqual([1, 0])
  const client = await net.client()
  const leader = await net.until(client.get(kind('leader'), { uuid: uuid('leader') }))
  expect(await net.until(leader.request('who'))).toBe('first')
  for (const member of members) {
    await net.until(member.served.close())
    await net.until(member.client.close())
  }
})
