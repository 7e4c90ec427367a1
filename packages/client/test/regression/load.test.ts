import { recordingContainer, startTestNetwork } from '@hcengineering/network-testing'
import { describe, expect, test } from 'vitest'
import { kind, startNetwork, transports, uuid } from '../support/settings.ts'

describe.each(transports)('load over %s', (transport) => {
  test('case 3: 3,000 gets at once finish in under 5 s', async () => {
    await using net = await startTestNetwork({ transport })
    const agents = [await net.agent({ kinds: ['room'] }), await net.agent({ kinds: ['room'] })]
    const client = await net.client()
    const startedAt = performance.now()
    const names = Array.from({ length: 3000 }, (_, index) => uuid(`room-${index}`))
    const rooms = await Promise.all(names.map((name) => client.get(kind('room'), { uuid: name })))
    expect(performance.now() - startedAt).toBeLessThan(5000)
    expect(rooms.map((room) => room.uuid)).toEqual(names)
    expect(agents.map((agent) => agent.containers.length)).toEqual([1500, 1500])
  })

  test('case 3: 200 routed requests of 100 ms each, sent together, take under 1 s', async () => {
    await using net = await startNetwork(transport)
    const container = recordingContainer({
      answer: ({ data }) =>
        new Promise((resolve) => {
          net.clock.after(100, () => resolve(data))
        })
    })
    await net.agent({ containers: { room: () => container } })
    const client = await net.client()
    const room = await client.get(kind('room'))
    const startedAt = net.clock.now()
    const numbers = Array.from({ length: 200 }, (_, index) => index)
    const answers = await net.until(Promise.all(numbers.map((number) => room.request('wait', number))))
    expect(net.clock.now() - startedAt).toBeLessThan(1000)
    expect(answers).toEqual(numbers)
  })
})
