import { NetworkEventKind, type ClientUuid } from '@hcengineering/network-core'
import { expect, test } from 'vitest'
import { echoContainer, eventRecorder, recordingContainer, startTestNetwork } from '../src/index.ts'

const me = 'me' as ClientUuid

test('a recording container counts what is asked of it', async () => {
  const container = recordingContainer({ answer: ({ operation }) => `done: ${operation}` })
  expect(await container.request('paint', 'blue', me)).toBe('done: paint')
  expect(container.requests).toMatchObject([{ operation: 'paint', data: 'blue', clientId: 'me' }])
  const heard: unknown[] = []
  await container.connect(me, async (data) => {
    heard.push(data)
  })
  await container.broadcast('one')
  await container.disconnect(me)
  await container.broadcast('two')
  await container.ping()
  await container.terminate()
  expect(heard).toEqual(['one'])
  expect(container).toMatchObject({ connects: ['me'], disconnects: ['me'], pings: 1, terminations: 1 })
})

test('a recording container does within its methods what it is told to', async () => {
  const container = recordingContainer({
    pinged: () => {
      throw new Error('unwell')
    },
    connected: async (_client, broadcast) => await broadcast('welcome')
  })
  const heard: unknown[] = []
  await container.connect(me, async (data) => {
    heard.push(data)
  })
  expect(heard).toEqual(['welcome'])
  await expect(container.ping()).rejects.toThrow('unwell')
  expect(await container.request('anything')).toBeUndefined()
})

test('an echo container answers with what came', async () => {
  expect(await echoContainer().request('say', { a: 1 })).toEqual({ a: 1 })
})

test('an event recorder keeps the order', () => {
  const events = eventRecorder()
  const { added, removed } = NetworkEventKind
  events.listener({ agents: [{ id: 'a' as never, kinds: [], event: added }], containers: [] })
  const container = { uuid: 'lobby' } as never
  events.listener({ agents: [], containers: [{ container, event: removed }] })
  expect(events.log).toEqual(['added a', 'removed lobby'])
  expect([events.agents.length, events.containers.length]).toEqual([1, 1])
})

test('an event recorder asserts what came, in which order, and what did not', async () => {
  await using net = await startTestNetwork()
  const events = await net.events()
  expect(() => events.assertSeen('added agent-1')).toThrow("'added agent-1' was not heard; heard:\n  nothing")
  const agent = await net.agent({ kinds: ['room'] })
  await net.kill(agent)
  await net.until(() => events.has('removed agent-1'))
  events.assertSeen('added agent-1', 'removed agent-1')
  expect(() => events.assertSeen('removed agent-1', 'added agent-1')).toThrow(
    "'added agent-1' was heard, but not in this order; heard:\n  added agent-1\n  removed agent-1"
  )
  events.assertNotSeen('added agent-2')
  expect(() => events.assertNotSeen('added agent-1')).toThrow("'added agent-1' was heard")
  events.clear()
  events.assertNotSeen('added agent-1')
})
