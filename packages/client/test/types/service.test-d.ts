import type { ContainerFactories, ContainerReference, RequestContext } from '@hcengineering/network-core'
import * as v from 'valibot'
import { describe, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import {
  defineService,
  event,
  implement,
  operation,
  stream,
  type,
  type NetworkClient,
  type RequestOptions,
  type ServiceConnection,
  type ServiceReference,
  type StreamOptions
} from '../../src/index.ts'

interface Message {
  readonly id: number
  readonly text: string
}

const Room = defineService('room', {
  operations: {
    say: operation<{ text: string }, Message>(),
    count: operation<void, number>(),
    clear: operation()
  },
  events: { message: event<Message>(), cleared: event() },
  streams: { history: stream<{ since: number }, Message>(), upload: stream<AsyncIterable<string>, number>() },
  extra: type<{ plan: string }>(),
  snapshot: type<Message[]>()
})

const Checked = defineService('checked', {
  operations: {
    at: operation(z.object({ when: z.coerce.date(), tries: z.number().default(1) })).returns<string>(),
    named: operation(v.object({ name: v.pipe(v.string(), v.minLength(1)) })).returns<number>()
  },
  streams: { ticks: stream(z.object({ from: z.number() })).yields<bigint>() },
  extra: z.object({ size: z.number().default(10) })
})

declare const client: NetworkClient
declare const room: ServiceReference<(typeof Room)['declaration']>
declare const connection: ServiceConnection<(typeof Room)['declaration']>

describe('a typed reference', () => {
  test('comes from get, where names are plain strings', () => {
    expectTypeOf(client.get(Room, { uuid: 'lobby', labels: ['eu'] })).resolves.toEqualTypeOf(room)
    expectTypeOf(client.get('room' as never)).resolves.toEqualTypeOf<ContainerReference>()
  })

  test('has a method for each operation, with options for each call', () => {
    expectTypeOf(room.api.say).toEqualTypeOf<
      (data: { text: string }, options?: RequestOptions) => Promise<Message>
    >()
    expectTypeOf(room.api.count()).resolves.toBeNumber()
    expectTypeOf(room.api.clear(undefined, { timeoutMs: 5 })).resolves.toBeVoid()
    expectTypeOf(room.send.say).toEqualTypeOf<(data: { text: string }) => Promise<void>>()
    expectTypeOf<keyof typeof room.api>().toEqualTypeOf<'say' | 'count' | 'clear'>()
  })

  test('has a method for each stream', () => {
    expectTypeOf(room.streams.history).toEqualTypeOf<
      (data: { since: number }, options?: StreamOptions) => AsyncIterableIterator<Message>
    >()
    expectTypeOf(room.streams.upload).parameter(0).toEqualTypeOf<AsyncIterable<string>>()
  })

  test('refuses what was not declared', async () => {
    // @ts-expect-error there is no such operation
    await room.api.shout({ text: '' })
    // @ts-expect-error the data is missing
    await room.api.say()
    // @ts-expect-error it is no text
    await room.api.say({ text: 1 })
    // @ts-expect-error there is no such event
    connection.on('gone', () => {})
    // @ts-expect-error the extra is of another type
    await client.get(Room, { extra: { plan: 1 } })
    expectTypeOf(room.api).not.toHaveProperty('shout')
  })

  test('connects to what hears typed events', () => {
    expectTypeOf(room.connect()).resolves.toEqualTypeOf(connection)
    connection.on('message', (data) => {
      expectTypeOf(data).toEqualTypeOf<Message>()
    })
    connection.on('cleared', (data) => {
      expectTypeOf(data).toBeVoid()
    })
    expectTypeOf(connection.api).toEqualTypeOf(room.api)
  })

  test('is what a container calls others with', () => {
    expectTypeOf<RequestContext['client']['get']>().toBeCallableWith(Room, { uuid: 'lobby' })
  })
})

describe('schemas', () => {
  test('say what callers pass, and what the container receives of it', () => {
    const checked = client.get(Checked)
    expectTypeOf<Awaited<typeof checked>['api']['at']>()
      .parameter(0)
      .toEqualTypeOf<{ when: unknown; tries?: number | undefined }>()
    expectTypeOf<Awaited<typeof checked>['api']['named']>().parameter(0).toEqualTypeOf<{ name: string }>()
    expectTypeOf<Awaited<typeof checked>['api']['named']>().returns.resolves.toBeNumber()
    implement(Checked, ({ extra }) => {
      expectTypeOf(extra).toEqualTypeOf<{ size: number } | undefined>()
      return {
        operations: {
          at: ({ when, tries }) => {
            expectTypeOf(when).toEqualTypeOf<Date>()
            expectTypeOf(tries).toBeNumber()
            return when.toISOString()
          },
          named: async ({ name }) => name.length
        },
        streams: {
          async *ticks({ from }) {
            yield BigInt(from)
          }
        }
      }
    })
  })
})

describe('an implementation', () => {
  test('knows its data, its events, its extra and its snapshot', () => {
    implement(Room, ({ extra, snapshot, publish, publishTo }) => {
      expectTypeOf(extra).toEqualTypeOf<{ plan: string } | undefined>()
      expectTypeOf(snapshot).toEqualTypeOf<Message[] | undefined>()
      expectTypeOf(publish.message).toEqualTypeOf<(data: Message) => Promise<void>>()
      expectTypeOf(publishTo).returns.toEqualTypeOf(publish)
      return {
        operations: {
          say: ({ text }, context) => {
            expectTypeOf(text).toBeString()
            expectTypeOf(context).toEqualTypeOf<RequestContext>()
            return { id: 1, text }
          },
          count: () => 1,
          clear: async () => {}
        },
        streams: {
          async *history({ since }) {
            yield { id: since, text: '' }
          },
          async *upload(pieces) {
            for await (const piece of pieces) yield piece.length
          }
        },
        snapshot: () => [],
        restore: (handedOver) => {
          expectTypeOf(handedOver).toEqualTypeOf<Message[]>()
        }
      }
    })
  })

  test('has a handler for everything, which returns what was declared', () => {
    const Small = defineService('small', { operations: { add: operation<number, number>() } })
    // @ts-expect-error 'add' is missing
    implement(Small, () => ({ operations: {} }))
    // @ts-expect-error no operations at all
    implement(Small, () => ({}))
    // @ts-expect-error it returns a text
    implement(Small, () => ({ operations: { add: () => 'one' } }))
    expectTypeOf(implement(defineService('silent', {}), () => ({}))).toEqualTypeOf<ContainerFactories>()
  })
})
