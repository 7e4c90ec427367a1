import type { ContainerKind, ContainerUuid } from '@hcengineering/network-core'
import { describe, expect, test } from 'vitest'
import { countedIds, eventRecorder, startTestNetwork } from '../../src/index.ts'

const room = 'room' as ContainerKind
const lobby = { uuid: 'lobby' as ContainerUuid }

async function wholeRun(): Promise<unknown[]> {
  await using net = await startTestNetwork()
  const startedAt = net.clock.now()
  const first = await net.agent({ kinds: ['room'] })
  const client = await net.client()
  const events = eventRecorder()
  client.onUpdate(events.listener)
  const reference = await client.get(room)
  await net.agent({ kinds: ['room'] })
  await net.kill(first)
  await net.until(reference.request('say', 'hello', { idempotent: true }))
  return [...events.log, client.uuid, reference.uuid, reference.endpoint, net.clock.now() - startedAt]
}

describe('a test network', () => {
  test('runs in virtual time: hours pass in no time', async () => {
    await using net = await startTestNetwork()
    await net.agent({ kinds: ['room'] })
    const client = await net.client()
    const reference = await client.get(room)
    const startedAt = net.clock.now()
    await net.advance(600_000)
    expect(net.clock.now() - startedAt).toBe(600_000)
    expect(await reference.request('say', 'still here')).toBe('still here')
  })

  test('leaves no timer behind when it is closed', async () => {
    const net = await startTestNetwork()
    const agent = await net.agent({ kinds: ['room'] })
    const client = await net.client()
    await (await client.get(room)).connect()
    await net.kill(agent)
    await net.close()
    expect(net.pendingTimers).toBe(0)
  })

  test('does the same in every run', async () => {
    expect(await wholeRun()).toEqual(await wholeRun())
  })

  test('runs over ZeroMQ with the same calls', async () => {
    await using net = await startTestNetwork({ transport: 'zeromq' })
    await net.agent({ kinds: ['room'] })
    const client = await net.client()
    expect(await (await client.get(room)).request('say', 'hello')).toBe('hello')
    expect(() => net.partition(client, 'coordinator')).toThrow('only the memory transport')
  })
})

describe('faults of a test network', () => {
  test('what one sends vanishes where only that way is cut', async () => {
    await using net = await startTestNetwork()
    const agent = await net.agent({ kinds: ['room'] })
    const client = await net.client()
    const reference = await client.get(room)
    const ask = () => reference.request('say', 'hello', { timeoutMs: 500 })
    expect(await net.until(ask())).toBe('hello')
    // It hears the question, and its answer vanishes.
    net.partition(agent, 'coordinator', { oneWay: true })
    await expect(net.until(ask())).rejects.toThrow('500 ms')
    expect(agent.containers[0]!.requests).toHaveLength(2)
    net.heal()
    net.partition('coordinator', agent, { oneWay: true })
    await expect(net.until(ask())).rejects.toThrow('500 ms')
    expect(agent.containers[0]!.requests).toHaveLength(2)
  })

  test('what is delayed takes that long, and nothing is lost', async () => {
    await using net = await startTestNetwork()
    await net.agent({ kinds: ['room'] })
    const client = await net.client()
    const reference = await client.get(room)
    net.delay(client, 'coordinator', 200)
    const before = net.clock.now()
    expect(await net.until(reference.request('say', 'hello'))).toBe('hello')
    const tookMs = net.clock.now() - before
    // Each way takes half as long to one and a half times as long.
    expect(tookMs).toBeGreaterThanOrEqual(200)
    expect(tookMs).toBeLessThanOrEqual(600)
    net.heal()
    const healed = net.clock.now()
    expect(await net.until(reference.request('say', 'again'))).toBe('again')
    expect(net.clock.now()).toBe(healed)
  })

  test('a coordinator can be killed, and another one started later', async () => {
    await using net = await startTestNetwork({ network: { recoveryGrace: 0 } })
    await net.agent({ kinds: ['room'] })
    const client = await net.client()
    await net.kill('coordinator')
    await expect(net.until(client.get(room, { timeoutMs: 1000 }))).rejects.toThrow('was not answered')
    await net.restartCoordinator()
    const reference = await net.until(client.get(room))
    expect(await net.until(reference.request('say', 'hello'))).toBe('hello')
  })

  test('a network whose coordinator was killed can be closed', async () => {
    const net = await startTestNetwork()
    await net.agent({ kinds: ['room'] })
    await net.client()
    await net.kill('coordinator')
    await net.close()
    expect(net.pendingTimers).toBe(0)
  })

  test('what a paused process has to say waits with it', async () => {
    await using net = await startTestNetwork()
    const agent = await net.agent({ kinds: ['room'] })
    const client = await net.client()
    const reference = await client.get(room)
    net.pause(client)
    const answer = reference.request('say', 'hello')
    await net.advance(100)
    expect(agent.containers[0]!.requests).toHaveLength(0)
    net.resume(client)
    expect(await net.until(answer)).toBe('hello')
  })

  test('a killed agent says nothing more; without a listener, it is missed only after its alive timeout', async () => {
    await using net = await startTestNetwork()
    const agent = await net.agent({ kinds: ['room'], listener: false })
    const client = await net.client()
    await net.kill(agent)
    await net.advance(2000)
    expect(await client.agents()).toHaveLength(1)
    await net.advance(1000)
    expect(await client.agents()).toEqual([])
  })

  test('a killed client says no goodbye', async () => {
    await using net = await startTestNetwork()
    const client = await net.client()
    await net.kill(client)
    await net.advance(2000)
    expect(net.network.counts().clients).toBe(1)
    await net.advance(1000)
    expect(net.network.counts().clients).toBe(0)
  })

  test('a paused agent goes on where it stood: what it still owns it serves again', async () => {
    await using net = await startTestNetwork()
    const agent = await net.agent({ kinds: ['room'] })
    const client = await net.client()
    const reference = await client.get(room, lobby)
    net.pause(agent)
    const asked = reference.request('say', 'wake up')
    await net.advance(1000)
    net.resume(agent)
    expect(await net.until(asked)).toBe('wake up')
  })

  test('an agent that was paused for 7 s serves nothing that has moved meanwhile', async () => {
    await using net = await startTestNetwork()
    const first = await net.agent({ kinds: ['room'] })
    const client = await net.client()
    const reference = await client.get(room, lobby)
    const connection = await reference.connect()
    const second = await net.agent({ kinds: ['room'] })
    net.pause(first)
    const asked = connection.request('say', 'who answers?', { idempotent: true })
    await net.advance(7000)
    net.resume(first)
    expect(await net.until(asked)).toBe('who answers?')
    await net.advance(2000)
    expect(first.containers[0]).toMatchObject({ requests: [], terminations: 1 })
    expect(second.containers[0]?.requests).toHaveLength(1)
    expect(await client.list()).toMatchObject([{ uuid: 'lobby', agentId: second.uuid }])
  })

  test('an agent that was cut off takes up again what it still owns once the link is healed', async () => {
    await using net = await startTestNetwork()
    const agent = await net.agent({ kinds: ['room'] })
    const client = await net.client()
    const reference = await client.get(room, lobby)
    net.partition(agent, 'coordinator')
    await net.advance(20_000)
    expect(await client.agents()).toEqual([])
    net.heal()
    await net.advance(3000)
    expect(await net.until(reference.request('say', 'back'))).toBe('back')
    expect(agent.containers).toHaveLength(1)
    expect(agent.containers[0]?.terminations).toBe(0)
  })

  test('a restarted coordinator finds its agents, clients and references again', async () => {
    await using net = await startTestNetwork()
    const agent = await net.agent({ kinds: ['room'] })
    const client = await net.client()
    const reference = await client.get(room, lobby)
    const connection = await reference.connect()
    const before = net.network
    await net.restartCoordinator({ downMs: 500 })
    expect(net.network).not.toBe(before)
    await net.advance(2000)
    expect(await net.until(reference.request('say', 'one'))).toBe('one')
    expect(await net.until(connection.request('say', 'two'))).toBe('two')
    await net.advance(10_000)
    expect(agent.containers).toHaveLength(1)
    expect(agent.containers[0]?.terminations).toBe(0)
    expect(net.network.counts()).toMatchObject({ agents: 1, containers: 1, gets: 0 })
  })

  test('what was waited for in vain is said so', async () => {
    await using net = await startTestNetwork()
    await expect(net.until(() => false, 5000)).rejects.toThrow('did not come within 5000 ms')
    expect(() => net.pause({} as never)).toThrow('no member')
  })
})

test('counted identifiers count', () => {
  const ids = countedIds('x')
  expect([ids(), ids()]).toEqual(['x-1', 'x-2'])
})
