import { describe, expect, test } from 'vitest'
import { BroadcastGroup, SharedEvent } from '../../src/api/broadcast-group.ts'
import type { ClientUuid } from '../../src/api/ids.ts'

const client = (name: string): ClientUuid => name as ClientUuid

describe('a broadcast group', () => {
  test('publishes to everybody who is connected, and to nobody who has left', async () => {
    const group = new BroadcastGroup()
    const heard: string[] = []
    for (const name of ['a', 'b', 'c']) {
      group.connect(client(name), async (event: unknown) => {
        heard.push(`${name} ${String(event)}`)
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

  test("hands the network's own functions one shared event, so that it is encoded once", async () => {
    const group = new BroadcastGroup()
    const encoded: Uint8Array[] = []
    let encodings = 0
    const encode = (value: unknown): Uint8Array => {
      encodings++
      return new TextEncoder().encode(JSON.stringify(value))
    }
    for (const name of ['a', 'b']) {
      const broadcast = async (event: unknown): Promise<void> => {
        encoded.push(SharedEvent.encode(event, encode))
      }
      group.connect(client(name), SharedEvent.takenBy(broadcast))
    }
    await group.publish({ text: 'hello' })
    expect(encodings).toBe(1)
    expect(encoded[0]).toBe(encoded[1])
    expect(new TextDecoder().decode(encoded[0])).toBe('{"text":"hello"}')
    expect(SharedEvent.encode({ text: 'one' }, encode)).toEqual(encode({ text: 'one' }))
  })

  test('hands functions of other making the data itself', async () => {
    const group = new BroadcastGroup()
    const heard: unknown[] = []
    const data = { text: 'hello' }
    group.connect(
      client('network'),
      SharedEvent.takenBy(async () => {})
    )
    group.connect(client('own'), async (event: unknown) => {
      heard.push(event)
    })
    await group.publish(data)
    expect(heard).toHaveLength(1)
    expect(heard[0]).toBe(data)
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
      heard.push(event)
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

  test('sends to one of its members, and to nobody who is none', async () => {
    const group = new BroadcastGroup()
    const heard: string[] = []
    for (const name of ['a', 'b'])
      group.connect(client(name), async (data) => void heard.push(`${name} ${data}`))
    await group.send(client('b'), 'hello')
    await group.send(client('c'), 'hello')
    expect(heard).toEqual(['b hello'])
  })
})
