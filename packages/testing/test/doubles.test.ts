import { NetworkEventKind, type ClientUuid } from '@hcengineering/network-core'
import { expect, test } from 'vitest'
import { echoContainer, eventRecorder, recordingContainer } from '../src/index.ts'

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

test('an event recorder keeps the order', async () => {
  const events = eventRecorder()
  const { added, removed } = NetworkEventKind
  await events.listener({ agents: [{ id: 'a' as never, kinds: [], event: added }], containers: [] })
  const container = { uuid: 'lobby' } as never
  await events.listener({ agents: [], containers: [{ container, event: removed }] })
  expect(events.log).toEqual(['added a', 'removed lobby'])
  expect([events.agents.length, events.containers.length]).toEqual([1, 1])
})
