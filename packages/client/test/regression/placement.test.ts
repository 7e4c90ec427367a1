import { containerUuid, type ContainerFactories, type ContainerUuid } from '@hcengineering/network-core'
import { echoContainer, recordingContainer, type RecordingContainer } from '@hcengineering/network-testing'
import { describe, expect, test } from 'vitest'
import { errorWith, Gate, kind, paceOf, startNetwork, transports, uuid } from '../support/settings.ts'

describe.each(transports)('placement over %s', (transport) => {
  const { unusedMs } = paceOf(transport)

  test('case 5: a failing factory rejects the get at once with its own words, and spoils no later get', async () => {
    await using net = await startNetwork(transport)
    let calls = 0
    await net.agent({
      containers: {
        room: () => {
          calls++
          if (calls === 1) throw new Error('the paint is wet')
          return echoContainer()
        }
      }
    })
    const client = await net.client()
    const failed = client.get(kind('room'), { uuid: uuid('lobby') })
    await expect(failed).rejects.toThrow(/^the paint is wet$/)
    expect(calls).toBe(1)
    const room = await client.get(kind('room'), { uuid: uuid('lobby') })
    expect(await room.request('say', 'dry')).toBe('dry')
    expect(calls).toBe(2)
  })

  test('case 5: a factory that fails without a uuid rejects the get at once, too', async () => {
    await using net = await startNetwork(transport)
    let calls = 0
    await net.agent({
      containers: {
        room: () => {
          calls++
          throw new Error(`no ${calls}`)
        }
      }
    })
    const client = await net.client()
    await expect(client.get(kind('room'))).rejects.toThrow(/^no 1$/)
    await expect(client.get(kind('room'), { labels: ['a'] })).rejects.toThrow(/^no 2$/)
    expect(net.network.counts()).toMatchObject({ gets: 0, starts: 0, containers: 0 })
  })

  test('case 6: a get never returns what just happens to be starting', async () => {
    await using net = await startNetwork(transport)
    const slow = new Gate()
    await net.agent({
      containers: {
        room: async ({ uuid }) => {
          if (uuid === 'a') await slow.opened
          return recordingContainer({ answer: () => uuid })
        },
        hall: ({ uuid }) => recordingContainer({ answer: () => uuid })
      }
    })
    const client = await net.client()
    const gettingA = client.get(kind('room'), { uuid: uuid('a') })
    const b = await client.get(kind('room'), { uuid: uuid('b') })
    const hall = await client.get(kind('hall'))
    await expect(client.get(kind('hall'), { uuid: uuid('a') })).rejects.toEqual(errorWith('UUID_IN_USE'))
    slow.open()
    const a = await gettingA
    expect([a.uuid, b.uuid]).toEqual(['a', 'b'])
    expect([await a.request('who'), await b.request('who')]).toEqual(['a', 'b'])
    expect(hall.uuid).not.toBe('a')
  })

  test('case 6: a uuid of one kind is not handed out as another kind', async () => {
    await using net = await startNetwork(transport)
    await net.agent({ kinds: ['room', 'hall'] })
    const client = await net.client()
    await client.get(kind('room'), { uuid: uuid('a') })
    await expect(client.get(kind('hall'), { uuid: uuid('a') })).rejects.toEqual(errorWith('UUID_IN_USE'))
    expect((await client.list()).map((record) => record.kind)).toEqual(['room'])
  })

  test('case 7: gets with the same label share one container, whichever agent has it', async () => {
    await using net = await startNetwork(transport)
    const agents = [await net.agent({ kinds: ['room'] }), await net.agent({ kinds: ['room'] })]
    const client = await net.client()
    const other = await net.client()
    const [first, second, third] = await Promise.all([
      client.get(kind('room'), { labels: ['acme'] }),
      other.get(kind('room'), { labels: ['acme'] }),
      client.get(kind('room'), { labels: ['globex'] })
    ])
    const again = await client.get(kind('room'), { labels: ['acme'] })
    expect(second.uuid).toBe(first.uuid)
    expect(again.uuid).toBe(first.uuid)
    expect(third.uuid).not.toBe(first.uuid)
    expect(agents.map((agent) => agent.containers.length)).toEqual([1, 1])
  })

  test("case 7: a get without labels never returns a tenant's container", async () => {
    await using net = await startNetwork(transport)
    await net.agent({ kinds: ['room'] })
    const client = await net.client()
    const tenant = await client.get(kind('room'), { labels: ['acme'] })
    const anybody = await client.get(kind('room'))
    const named = await client.get(kind('room'), { uuid: uuid('named') })
    const anybodyElse = await client.get(kind('room'))
    expect(anybody.uuid).not.toBe(tenant.uuid)
    expect(anybodyElse.uuid).toBe(anybody.uuid)
    expect(named.uuid).not.toBe(anybody.uuid)
  })

  test('case 13: a second activation starts only once the first has terminated', async () => {
    await using net = await startNetwork(transport)
    const slow = new Gate()
    const made: RecordingContainer[] = []
    const make = (): RecordingContainer => {
      const container = recordingContainer({
        terminating: () => (made[0] === container ? slow.opened : undefined),
        answer: () => made.indexOf(container)
      })
      made.push(container)
      return container
    }
    await net.agent({ containers: { room: make } })
    await net.agent({ containers: { room: make } })
    const client = await net.client()
    const first = await client.get(kind('room'), { uuid: uuid('lobby') })
    await first.close()
    await net.until(() => made[0]?.terminations === 1)
    const getting = client.get(kind('room'), { uuid: uuid('lobby') })
    await net.advance(unusedMs)
    expect(made).toHaveLength(1)
    slow.open()
    const second = await net.until(getting)
    expect(made).toHaveLength(2)
    expect(await second.request('which')).toBe(1)
  })

  test('case 21: factories that name by the clock never make one uuid live on two agents', async () => {
    await using net = await startNetwork(transport)
    const made: RecordingContainer[] = []
    const byClock: ContainerFactories = {
      room: () => {
        const container = echoContainer()
        made.push(container)
        return { uuid: 'room-of-this-very-moment' as ContainerUuid, container, endpoint: 'there://' as never }
      }
    }
    await net.agent({ factories: byClock })
    await net.agent({ factories: byClock })
    const client = await net.client()
    const outcomes = await Promise.allSettled([client.get(kind('room')), client.get(kind('room'))])
    expect(outcomes.map((outcome) => outcome.status).toSorted()).toEqual(['fulfilled', 'rejected'])
    const rejected = outcomes.find((outcome) => outcome.status === 'rejected')
    expect(rejected?.reason).toEqual(errorWith('UUID_IN_USE'))
    await net.until(() => made.some((container) => container.terminations === 1))
    expect(made.filter((container) => container.terminations === 0)).toHaveLength(1)
    expect(await client.list()).toHaveLength(1)
    expect(await client.request(uuid('room-of-this-very-moment'), 'say', 'one')).toBe('one')
  })

  test('case 21: gets of one kind from many agents at once give as many containers as there are agents', async () => {
    await using net = await startNetwork(transport)
    const factories: ContainerFactories = {
      room: () => ({ uuid: containerUuid(), container: echoContainer(), endpoint: '' as never })
    }
    await net.agent({ factories })
    await net.agent({ factories })
    const client = await net.client()
    const rooms = await Promise.all([1, 2, 3, 4].map(() => client.get(kind('room'))))
    expect(new Set(rooms.map((room) => room.uuid)).size).toBe(2)
  })
})

test('case 6: connections to a name that has become one of another kind lead to their own kind only', async () => {
  await using net = await startNetwork('memory')
  const lost = await net.agent({ containers: { hall: () => recordingContainer({ answer: () => 'hall' }) } })
  const client = await net.client()
  const hall = await client.get(kind('hall'), { uuid: uuid('a') })
  const toHall = await hall.connect()
  const heard: unknown[] = []
  toHall.on = (data) => void heard.push(data)
  expect(await net.until(toHall.request('who'))).toBe('hall')
  // The coordinator forgets all, the hall is lost, and the room is asked for before the hall is claimed again.
  net.partition(client, 'coordinator')
  const getting = client.get(kind('room'), { uuid: uuid('a') })
  await net.kill(lost)
  const rooms = recordingContainer({ answer: () => 'room' })
  await net.agent({ containers: { room: () => rooms } })
  await net.restartCoordinator()
  net.heal()
  const room = await net.until(getting)
  const toRoom = await net.until(room.connect())
  expect(await net.until(toRoom.request('who'))).toBe('room')
  await expect(net.until(toHall.request('who'))).rejects.toEqual(errorWith('UUID_IN_USE'))
  await net.advance(2000)
  expect(await net.until(toRoom.request('who'))).toBe('room')
  await rooms.broadcast('to those in the room')
  await net.advance(100)
  expect(heard).toEqual([])
})
