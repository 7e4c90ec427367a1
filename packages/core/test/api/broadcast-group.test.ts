import { describe, expect, test } from 'vitest'
import { BroadcastGroup, SharedEvent } from '../../src/api/broadcast-group.ts'
import type { ClientUuid } from '../../src/api/ids.ts'

const client = (name: string): ClientUuid => name as ClientUuid

/** What a broadcast function was handed. */
function read(event: unknown): unknown {
  return event instanceof SharedEvent ? event.data : event
}

describe('a broadcast group', () => {
  test('publishes to everybody who is connected, and to nobody who has left', async () => {
    const group = new BroadcastGroup()
    const heard: string[] = []
    for (const name of ['a', 'b', 'c']) {
      group.connect(client(name), async (event: unknown) => {
        heard.push(`${name} ${String(read(event))}`)
      })
    }
    await group.publish('1')
    group.disconnect(client('b'))
    group.disconnect(client('never here'))
    await group.publish('2')
    expect(heard).toEqual(['a 1', 'b 1', 'c 1', 'a 2', 'c 2'])
    expect(group.size).toBe(2)
    expect(group.clients()).toEqual(['a', 'c'])
  })

  test('hands all of them the same event, so that it is encoded once', async () => {
    const group = new BroadcastGroup()
    const events: unknown[] = []
    for (const name of ['a', 'b']) {
      group.connect(client(name), async (event: unknown) => {
        events.push(event)
      })
    }
    await group.publish({ text: 'hello' })
    expect(events).toHaveLength(2)
    expect(events[0]).toBe(events[1])
  })

  test.each([
    ['rejects', () => Promise.reject(new Error('gone'))],
    [
      'throws',
      () => {
        throw new Error('gone')
      }
    ]
  ])('lets a member that %s harm no other', async (_how, broadcast) => {
    const group = new BroadcastGroup()
    const heard: unknown[] = []
    const listen = async (event: unknown): Promise<void> => {
      heard.push(read(event))
    }
    group.connect(client('before'), listen)
    group.connect(client('failing'), broadcast)
    group.connect(client('after'), listen)
    await group.publish('hello')
    expect(heard).toEqual(['hello', 'hello'])
  })

  test('resolves only when the event is queued for all', async () => {
    const group = new BroadcastGroup()
    const order: string[] = []
    let queue: (() => void) | undefined
    group.connect(
      client('slow'),
      () =>
        new Promise((resolve) => {
          queue = resolve
        })
    )
    const published = group.publish(1).then(() => order.push('published'))
    await Promise.resolve()
    order.push('queued')
    queue?.()
    await published
    expect(order).toEqual(['queued', 'published'])
  })

  test('survives members that leave while it publishes', async () => {
    const group = new BroadcastGroup()
    const heard: string[] = []
    group.connect(client('a'), async () => {
      heard.push('a')
      group.disconnect(client('a'))
    })
    group.connect(client('b'), async () => {
      heard.push('b')
    })
    await group.publish(1)
    expect(heard).toEqual(['a', 'b'])
    expect(group.size).toBe(1)
  })
})
