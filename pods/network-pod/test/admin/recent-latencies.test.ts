import type { ContainerKind, ContainerUuid } from '@hcengineering/network-core'
import { startTestNetwork } from '@hcengineering/network-testing'
import { expect, test } from 'vitest'
import { RecentLatencies } from '../../src/admin/recent-latencies.ts'

const room = 'room' as ContainerKind
const summary = { kind: 'room', containers: 1, agents: 1 }

test('latencies of a kind are of the last turn or two, its requests of all time', async () => {
  await using net = await startTestNetwork()
  const agent = await net.agent({ kinds: ['room'] })
  const client = await net.client()
  const { uuid } = await client.get(room, { uuid: 'lobby' as ContainerUuid })
  const latencies = new RecentLatencies(net.server)
  expect(latencies.view(summary)).toEqual({ ...summary, requests: 0, requestsFailed: 0 })

  net.delay('coordinator', agent, 100)
  await net.until(client.request(uuid, 'say', 'hello'))
  net.heal()
  const slow = latencies.view(summary)
  expect(slow).toMatchObject({ requests: 1, requestsFailed: 0 })
  expect(slow.requestP50Ms).toBeGreaterThan(50)

  latencies.turn()
  expect(latencies.view(summary)).toEqual(slow)
  latencies.turn()
  expect(latencies.view(summary)).toEqual({ ...summary, requests: 1, requestsFailed: 0 })
  await net.until(client.request(uuid, 'say', 'hello'))
  expect(latencies.view(summary).requestP99Ms).toBeLessThan(50)
})
