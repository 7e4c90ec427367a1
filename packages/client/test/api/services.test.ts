import { kind as kindOf, startNetwork, transports, errorWith, uuid } from '../support/settings.ts'
import { hasCode, type NetworkError } from '@hcengineering/network-core'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineService, event, implement, operation, standby, stream, type } from '../../src/index.ts'

interface Message {
  readonly id: number
  readonly text: string
}

const Room = defineService('room', {
  operations: {
    say: operation<{ text: string }, Message>(),
    fail: operation<string>(),
    wait: operation(),
    headers: operation<void, Readonly<Record<string, string>>>(),
    plan: operation<void, string | undefined>()
  },
  events: { message: event<Message>(), greeting: event<string>() },
  streams: { history: stream<{ since: number }, Message>(), sum: stream<AsyncIterable<number>, number>() },
  extra: type<{ plan: string }>()
})

const rooms = implement(Room, ({ publish, publishTo, extra, labels }) => {
  const messages: Message[] = []
  return {
    operations: {
      say: async ({ text }) => {
        const message = { id: messages.length + 1, text }
        messages.push(message)
        await publish.message(message)
        return message
      },
      fail: (code) => {
        throw Object.assign(new Error('as it was told'), { code })
      },
      wait: () => new Promise<never>(() => {}),
      headers: (_, context) => context.headers,
      plan: () => extra?.plan ?? labels[0]
    },
    streams: {
      async *history({ since }) {
        yield* messages.filter(({ id }) => id > since)
      },
      async *sum(numbers) {
        let sum = 0
        for await (const number of numbers) yield (sum += number)
      }
    },
    connected: (clientId) => publishTo(clientId).greeting('welcome')
  }
})

async function* upTo(last: number): AsyncGenerator<number> {
  for (let number = 1; number <= last; number++) yield number
}

async function failureOf(promise: PromiseLike<unknown>): Promise<NetworkError> {
  const error = await Promise.resolve(promise).catch((error: unknown) => error)
  if (hasCode(error, 'INVALID_ARGUMENT')) return error
  throw new Error('it was not refused as invalid', { cause: error })
}

describe.each(transports)('a typed service over %s', (transport) => {
  test('is called by its methods, by reference and by connection', async () => {
    await using net = await startNetwork(transport)
    await net.agent({ factories: rooms })
    const client = await net.client()
    await using room = await net.until(client.get(Room, { uuid: 'lobby' }))
    expect(room.uuid).toBe('lobby')
    expect(await net.until(room.api.say({ text: 'one' }))).toEqual({ id: 1, text: 'one' })
    await using connection = await net.until(room.connect())
    expect(await net.until(connection.api.say({ text: 'two' }))).toEqual({ id: 2, text: 'two' })
    await connection.send.say({ text: 'three' })
    await net.until(connection.api.say({ text: 'four' }))
    const items: Message[] = []
    for await (const item of connection.streams.history({ since: 1 })) items.push(item)
    expect(items.map(({ text }) => text)).toEqual(['two', 'three', 'four'])
    const sums: number[] = []
    for await (const sum of room.streams.sum(upTo(3))) sums.push(sum)
    expect(sums).toEqual([1, 3, 6])
  })

  test('tells events to whoever listens, also those that came before', async () => {
    await using net = await startNetwork(transport)
    await net.agent({ factories: rooms })
    const client = await net.client()
    await using room = await net.until(client.get(Room))
    await using connection = await net.until(room.connect())
    await net.until(connection.api.say({ text: 'before' }))
    const heard: unknown[] = []
    connection.on('message', ({ text }) => void heard.push(text))
    const stop = connection.on('message', ({ id }) => void heard.push(id))
    connection.on('greeting', (text) => void heard.push(text))
    await net.until(connection.api.say({ text: 'after' }))
    await net.until(() => heard.length === 5)
    stop()
    await net.until(connection.api.say({ text: 'last' }))
    await net.until(() => heard.includes('last'))
    expect(heard).toEqual(['welcome', 'before', 1, 'after', 2, 'last'])
  })

  test('keeps the codes of errors, and takes options for each call', async () => {
    await using net = await startNetwork(transport)
    await net.agent({ factories: rooms })
    const client = await net.client()
    await using room = await net.until(client.get(Room, { labels: ['eu'], extra: { plan: 'basic' } }))
    await expect(net.until(room.api.fail('ROOM_FULL'))).rejects.toThrow(errorWith('ROOM_FULL'))
    await expect(net.until(room.api.wait(undefined, { timeoutMs: 50 }))).rejects.toThrow(errorWith('TIMEOUT'))
    const abort = new AbortController()
    const aborted = room.api.wait(undefined, { signal: abort.signal })
    abort.abort()
    await expect(net.until(aborted)).rejects.toThrow(errorWith('ABORTED'))
    expect(await net.until(room.api.headers(undefined, { headers: { tenant: 'acme' } }))).toEqual({
      tenant: 'acme'
    })
    expect(await net.until(room.api.plan())).toBe('basic')
  })

  test('is an ordinary container to the untyped API', async () => {
    await using net = await startNetwork(transport)
    await net.agent({ factories: rooms })
    const client = await net.client()
    await using room = await net.until(client.get(kindOf('room'), { uuid: uuid('lobby') }))
    expect(await net.until(room.request('say', { text: 'one' }))).toEqual({ id: 1, text: 'one' })
    await expect(net.until(room.request('shout'))).rejects.toThrow(errorWith('UNKNOWN_OPERATION'))
    await expect(net.until(room.request('constructor'))).rejects.toThrow(errorWith('UNKNOWN_OPERATION'))
    await using connection = await net.until(room.connect())
    const heard: unknown[] = []
    connection.on = (data) => void heard.push(data)
    await net.until(() => heard.length === 1)
    expect(heard).toEqual([{ event: 'greeting', data: 'welcome' }])
  })
})

test('a typed reference has only the methods that were declared, and is no promise', async () => {
  await using net = await startNetwork('memory')
  await net.agent({ factories: rooms })
  const client = await net.client()
  await using room = await net.until(client.get(Room))
  expect(Reflect.get(room.api, 'shout')).toBeUndefined()
  expect(Reflect.get(room.api, 'then')).toBeUndefined()
  expect(room.api.say).toBe(room.api.say)
  expect(await Promise.resolve(room.api)).toBe(room.api)
})

describe('a schema', () => {
  const Orders = defineService('orders', {
    operations: {
      place: operation(
        z.object({ lines: z.array(z.object({ count: z.number().int() })), due: z.coerce.date() })
      ).returns<{ isDate: boolean }>(),
      rename: operation(v.object({ name: v.pipe(v.string(), v.minLength(1)) })).returns<number>(),
      slow: operation(z.string().refine(async (text) => text !== 'bad', 'is bad')).returns<string>()
    },
    streams: { from: stream(z.object({ first: z.number() })).yields<number>() },
    extra: z.object({ tenant: z.string() })
  })
  const orders = implement(Orders, ({ extra }) => ({
    operations: {
      place: ({ due }) => ({ isDate: due instanceof Date }),
      rename: ({ name }) => name.length,
      slow: (text) => `${extra?.tenant ?? 'nobody'} ${text}`
    },
    streams: {
      async *from({ first }) {
        yield first
      }
    }
  }))

  test('of any library checks at the edge, and names the path of what is wrong', async () => {
    await using net = await startNetwork('memory')
    await net.agent({ factories: orders })
    const client = await net.client()
    await using ref = await net.until(client.get(Orders))
    expect(await net.until(ref.api.place({ lines: [{ count: 1 }], due: '2026-11-26' }))).toEqual({
      isDate: true
    })
    const zod = await failureOf(net.until(ref.api.place({ lines: [{ count: 1 }, { count: 0.5 }], due: 0 })))
    expect(zod.message).toMatch(/^'place': lines\.1\.count: /)
    expect(zod.details).toMatchObject({ issues: [{ path: 'lines.1.count' }] })
    const valibot = await failureOf(net.until(ref.api.rename({ name: '' })))
    expect(valibot.message).toMatch(/^'rename': name: /)
    const missing = await failureOf(net.until(ref.untyped.request('place')))
    expect(missing.message).toMatch(/^'place': /)
    const items = ref.untyped.stream('from', { first: 'one' })
    expect((await failureOf(net.until(items.next()))).message).toMatch(/^'from': first: /)
    expect(await net.until(ref.api.rename({ name: 'four' }))).toBe(4)
  })

  test('may take its time', async () => {
    await using net = await startNetwork('memory')
    await net.agent({ factories: orders })
    const client = await net.client()
    await using ref = await net.until(client.get(Orders, { extra: { tenant: 'acme' } }))
    expect(await net.until(ref.api.slow('good'))).toBe('acme good')
    expect((await failureOf(net.until(ref.api.slow('bad')))).message).toBe("'slow': is bad")
  })

  test('refuses the extra of a get before a container is made', async () => {
    await using net = await startNetwork('memory')
    await net.agent({ factories: orders })
    const client = await net.client()
    const got = client.get(kindOf('orders'), { extra: { tenant: 1 } })
    expect((await failureOf(net.until(got))).message).toMatch(/^the extra of 'orders': tenant: /)
    expect(await net.until(client.list())).toEqual([])
  })
})

describe('containers that call each other', () => {
  const Node = defineService('node', {
    operations: { visit: operation<readonly string[], string[]>(), busy: operation<number, number>() }
  })
  const nodes = (concurrency: 'parallel' | 'sequential') =>
    implement(
      Node,
      ({ uuid }) => {
        let running = 0
        return {
          operations: {
            visit: async ([next, ...rest], { client }) => {
              if (next === undefined) return [uuid]
              await using other = await client.get(Node, { uuid: next })
              return [uuid, ...(await other.api.visit(rest))]
            },
            busy: async (turns) => {
              running++
              for (let turn = 0; turn < turns; turn++) await Promise.resolve()
              return running--
            }
          }
        }
      },
      { concurrency, turnTimeoutMs: 500 }
    )

  test.each(transports)(
    'one at a time, over %s: a call comes back to where it came from',
    async (transport) => {
      await using net = await startNetwork(transport)
      await net.agent({ factories: nodes('sequential') })
      await net.agent({ factories: nodes('sequential') })
      const client = await net.client()
      await using a = await net.until(client.get(Node, { uuid: 'a' }))
      const path = ['b', 'a', 'a', 'b', 'c', 'a']
      const began = net.clock.now()
      expect(await net.until(a.api.visit(path))).toEqual(['a', ...path])
      expect(net.clock.now() - began).toBeLessThan(500)
      expect(await net.until(Promise.all([a.api.busy(20), a.api.busy(5), a.api.busy(1)]))).toEqual([1, 1, 1])
    }
  )

  test('side by side is the default', async () => {
    await using net = await startNetwork('memory')
    await net.agent({ factories: nodes('parallel') })
    const client = await net.client()
    await using a = await net.until(client.get(Node, { uuid: 'a' }))
    expect(await net.until(Promise.all([a.api.busy(500), a.api.busy(500)]))).toEqual([2, 1])
  })

  test('in circles without an end are stopped', async () => {
    await using net = await startNetwork('memory')
    await net.agent({ factories: nodes('sequential') })
    const client = await net.client()
    await using a = await net.until(client.get(Node, { uuid: 'a' }))
    const endless = Array.from({ length: 200 }, (_, index) => (index % 2 === 0 ? 'b' : 'a'))
    await expect(net.until(a.api.visit(endless))).rejects.toThrow(errorWith('OVERLOADED'))
    expect(await net.until(a.api.visit(['b']))).toEqual(['a', 'b'])
  })

  test('crosswise, each in its own turn, do not wait for ever', async () => {
    await using net = await startNetwork('memory')
    await net.agent({ factories: nodes('sequential') })
    const client = await net.client()
    await using a = await net.until(client.get(Node, { uuid: 'a' }))
    await using b = await net.until(client.get(Node, { uuid: 'b' }))
    const outcomes = await net.until(
      Promise.allSettled([a.api.visit(['b', 'c']), b.api.visit(['a', 'c'])]),
      2000
    )
    expect(outcomes.map(({ status }) => status)).toContain('rejected')
    expect(await net.until(a.api.visit(['b', 'a']))).toEqual(['a', 'b', 'a'])
  })
})

test('a standby is typed, too, and takes over', async () => {
  const Leader = defineService('leader', { operations: { name: operation<void, string>() } })
  await using net = await startNetwork('memory')
  const bring = (name: string) =>
    net.agent({
      standbys: (endpoint) => [
        standby(Leader, 'leader-1', endpoint, () => ({ operations: { name: () => name } }))
      ]
    })
  const first = await bring('first')
  await bring('second')
  const client = await net.client()
  await using leader = await net.until(client.get(Leader, { uuid: 'leader-1' }))
  expect(await net.until(leader.api.name())).toBe('first')
  await net.until(first.close())
  expect(await net.until(leader.api.name())).toBe('second')
})
