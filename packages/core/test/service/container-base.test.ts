import { describe, expect, test } from 'vitest'
import type { RequestContext } from '../../src/api/container.ts'
import type { ClientUuid } from '../../src/api/ids.ts'
import { ContainerBase, type ContainerLogic } from '../../src/service/container-base.ts'
import { detachedContext } from '../../src/service/detached-context.ts'
import { ManualClock } from '../time/manual-clock.ts'

const ann = 'ann' as ClientUuid
const ben = 'ben' as ClientUuid

const contextWith = (...chain: string[]): RequestContext => ({
  ...withoutClient(detachedContext(undefined)),
  chain
})

/** Spreading would read the client, which throws where there is none. */
function withoutClient({
  signal,
  deadline,
  clientId,
  headers,
  token,
  chain
}: RequestContext): RequestContext {
  return { signal, deadline, clientId, headers, token, chain, client: undefined as never }
}

/** Logic whose requests are answered by hand, and that writes down when they are begun. */
function byHand(hooks: Partial<ContainerLogic> = {}) {
  const begun: string[] = []
  const answers = new Map<string, () => void>()
  const logic: ContainerLogic = {
    request: (operation) => {
      begun.push(operation)
      return new Promise((resolve) => {
        answers.set(operation, () => resolve(operation))
      })
    },
    ...hooks
  }
  const answer = async (operation: string): Promise<void> => {
    answers.get(operation)?.()
    await settled()
  }
  return { logic, begun, answer }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}

describe('a container', () => {
  test('answers side by side, and begins requests in the order in which they came', async () => {
    const { logic, begun, answer } = byHand()
    const container = new ContainerBase(logic)
    const all = ['a', 'b', 'c'].map((operation) => container.request(operation))
    expect(begun).toEqual(['a', 'b', 'c'])
    for (const operation of ['c', 'a', 'b']) await answer(operation)
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c'])
  })

  test('rejects what its logic throws at once', async () => {
    const container = new ContainerBase({
      request: () => {
        throw new Error('no')
      }
    })
    await expect(container.request('a')).rejects.toThrow('no')
  })

  test('sends events to all who are connected, or to one', async () => {
    const container = new ContainerBase({
      request: () => {},
      connected: (clientId) => container.listeners.send(clientId, 'welcome')
    })
    const heard: string[] = []
    await container.connect(ann, async (data) => void heard.push(`ann ${data}`))
    await container.connect(ben, async (data) => void heard.push(`ben ${data}`))
    await container.listeners.publish('news')
    await container.disconnect(ann)
    await container.listeners.publish('more')
    expect(heard).toEqual(['ann welcome', 'ben welcome', 'ann news', 'ben news', 'ben more'])
  })

  test('knows nobody whom its logic refuses', async () => {
    const container = new ContainerBase({
      request: () => {},
      connected: () => {
        throw new Error('members only')
      }
    })
    await expect(container.connect(ann, async () => {})).rejects.toThrow('members only')
    expect(container.listeners.size).toBe(0)
  })

  test('has only the optional methods that its logic has', () => {
    const plain = new ContainerBase({ request: () => {} })
    expect([plain.stream, plain.snapshot, plain.restore]).toEqual([undefined, undefined, undefined])
    const able = new ContainerBase({ request: () => {}, snapshot: () => 7 })
    expect(able.snapshot?.()).toBe(7)
  })

  test('refuses options that make no sense', () => {
    const logic = { request: () => {} }
    const invalid = expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error
    expect(() => new ContainerBase(logic, { concurrency: 'serial' as never })).toThrow(invalid)
    expect(() => new ContainerBase(logic, { turnTimeoutMs: -1 })).toThrow(invalid)
    expect(() => new ContainerBase(logic, { waitingMax: 0.5 })).toThrow(invalid)
  })
})

describe('a sequential container', () => {
  test('works on one request at a time', async () => {
    const { logic, begun, answer } = byHand()
    const container = new ContainerBase(logic, { concurrency: 'sequential' })
    const all = ['a', 'b'].map((operation) => container.request(operation))
    expect(begun).toEqual(['a'])
    await answer('a')
    expect(begun).toEqual(['a', 'b'])
    await answer('b')
    expect(await Promise.all(all)).toEqual(['a', 'b'])
  })

  test('goes on after a request that failed', async () => {
    const container = new ContainerBase(
      {
        request: (operation) => {
          if (operation === 'bad') throw new Error('no')
          return operation
        }
      },
      { concurrency: 'sequential' }
    )
    await expect(container.request('bad')).rejects.toThrow('no')
    expect(await container.request('good')).toBe('good')
  })

  test('lets in what came from the request that it works on', async () => {
    const { logic, begun, answer } = byHand()
    const container = new ContainerBase(logic, { concurrency: 'sequential' })
    const outer = container.request('outer', undefined, undefined, contextWith('1'))
    const stranger = container.request('stranger', undefined, undefined, contextWith('2'))
    const inner = container.request('inner', undefined, undefined, contextWith('1', 'elsewhere', '3'))
    expect(begun).toEqual(['outer', 'inner'])
    for (const operation of ['inner', 'outer', 'stranger']) await answer(operation)
    expect(await Promise.all([outer, stranger, inner])).toEqual(['outer', 'stranger', 'inner'])
  })

  test('refuses who has waited for too long', async () => {
    const clock = new ManualClock()
    const { logic, begun, answer } = byHand()
    const container = new ContainerBase(logic, { concurrency: 'sequential', turnTimeoutMs: 100, clock })
    const first = container.request('first')
    const late = container.request('late').catch((error: unknown) => error)
    await clock.advance(99)
    const later = container.request('later')
    await clock.advance(1)
    expect(await late).toMatchObject({ code: 'OVERLOADED', retryable: true })
    await answer('first')
    expect(begun).toEqual(['first', 'later'])
    await answer('later')
    expect(await Promise.all([first, later])).toEqual(['first', 'later'])
  })

  test('that ends refuses who waits, as unseen', async () => {
    const { logic, begun } = byHand()
    const container = new ContainerBase(logic, { concurrency: 'sequential' })
    const running = container.request('running')
    const waiting = container.request('waiting').catch((error: unknown) => error)
    await container.terminate()
    expect(await waiting).toMatchObject({ code: 'NOT_SERVING' })
    expect(begun).toEqual(['running'])
    expect(running).toBeInstanceOf(Promise)
  })
})

describe('idle', () => {
  test('is called once nothing runs and nobody is connected, for as long as was said', async () => {
    const clock = new ManualClock()
    let idle = 0
    const { logic, answer } = byHand({ idle: () => void idle++ })
    const container = new ContainerBase(logic, { idleAfterMs: 100, clock })
    await container.connect(ann, async () => {})
    const request = container.request('a')
    await container.disconnect(ann)
    await clock.advance(1000)
    expect(idle).toBe(0)
    await answer('a')
    await request
    await settled()
    await clock.advance(99)
    const again = container.request('b')
    await clock.advance(1000)
    expect(idle).toBe(0)
    await answer('b')
    await again
    await settled()
    await clock.advance(100)
    expect(idle).toBe(1)
  })

  test('is not called of one that has ended', async () => {
    const clock = new ManualClock()
    let idle = 0
    const container = new ContainerBase(
      { request: () => 1, idle: () => void idle++ },
      { idleAfterMs: 100, clock }
    )
    await container.request('a')
    await container.terminate()
    await clock.advance(1000)
    expect(idle).toBe(0)
  })
})
