import { Dialler } from '@hcengineering/network-backrpc'
import {
  networkError,
  NetworkImpl,
  TickManagerImpl,
  type ContainerKind,
  type NetworkEvent
} from '@hcengineering/network-core'
import { startTestNetwork } from '@hcengineering/network-testing'
import { expect, test } from 'vitest'
import { NetworkServer } from '../src/index.ts'

const room = 'room' as ContainerKind
const invalidArgument = expect.objectContaining({ name: 'NetworkError', code: 'INVALID_ARGUMENT' }) as Error

/** The same bytes in every run. */
function garbage(length: number, seed: number): Uint8Array {
  let state = seed
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return state >>> 16
  })
}

test('port 0 lets the system choose, and getPort tells', async () => {
  await using net = await startTestNetwork()
  expect(net.server.getPort()).toBeGreaterThan(0)
  expect(net.address).toBe(`localhost:${net.server.getPort()}`)
})

test.each([-1, 65_536, 1.5, Number.NaN])('port %d is refused', (port) => {
  const ticks = new TickManagerImpl(10)
  expect(() => new NetworkServer(new NetworkImpl(ticks), ticks, '*', port)).toThrow(invalidArgument)
})

test.each([
  ['aliveTimeout', { aliveTimeout: 0 }],
  ['pingInterval', { pingInterval: 5 }],
  ['unusedContainerTimeout', { unusedContainerTimeout: -1 }],
  ['recoveryGrace', { recoveryGrace: Number.NaN }],
  ['epoch', { epoch: 1.5 }],
  ['agentsMax', { agentsMax: 0 }],
  ['startTimeout', { startTimeout: 0 }]
])('a bad %s of the network is refused by its name', (name, options) => {
  const create = (): unknown => new NetworkImpl(new TickManagerImpl(10), options)
  expect(create).toThrow(invalidArgument)
  expect(create).toThrow(name)
})

test('garbage from strangers is dropped and counted, and harms nobody', async () => {
  await using net = await startTestNetwork()
  await net.agent({ kinds: ['room'] })
  const client = await net.client()
  const reference = await client.get(room)
  const before = net.network.counts()
  const stranger = net.transport('stranger')
  for (let seed = 1; seed <= 200; seed++) {
    const connection = stranger.dial(
      net.address,
      { messageBytesMax: 2 ** 30 },
      { received() {}, closed() {} }
    )
    // Every type of message there could be, empty ones, long ones.
    const bytes = garbage(seed % 7 === 0 ? 100_000 : seed, seed)
    if (seed % 2 === 0) bytes[0] = seed % 16
    connection.send(seed === 1 ? new Uint8Array(0) : bytes)
    connection.send(bytes)
  }
  await net.advance(1000)
  expect(net.server.counts().refusedMessages).toBeGreaterThan(0)
  expect(net.server.counts().sessions).toBe(2)
  expect(net.network.counts()).toEqual(before)
  expect(await reference.request('say', 'unharmed')).toBe('unharmed')
  await net.advance(10_000)
  expect(await reference.request('say', 'unharmed')).toBe('unharmed')
})

test('more sessions than its options say are refused, and those there are go on', async () => {
  await using net = await startTestNetwork({ server: { sessionsMax: 2 } })
  await net.agent({ kinds: ['room'] })
  const client = await net.client()
  await expect(net.client()).rejects.toEqual(expect.objectContaining({ code: 'OVERLOADED' }))
  expect(await client.kinds()).toEqual(['room'])
})

test('a network without a server can be used in its own process', async () => {
  await using net = await startTestNetwork()
  const agent = await net.agent({ kinds: ['room'], register: false })
  await net.network.register({ agentId: agent.uuid, kinds: agent.agent.kinds }, agent.agent)
  const record = await net.network.get('me' as never, undefined, { kind: room })
  expect(await net.network.request(record.uuid, 'say', 'hello')).toBe('hello')
  const client = await net.client()
  expect(await (await client.get(room)).request('say', 'through the server')).toBe('through the server')
  await net.network.release('me' as never, record.uuid)
  await net.network.unregister(agent.uuid)
  expect(await net.network.agents()).toEqual([])
})

test('a request whose bytes are no value, for a container in the process of the coordinator, harms nobody', async () => {
  await using net = await startTestNetwork()
  const agent = await net.agent({ kinds: ['room'], register: false })
  await net.network.register({ agentId: agent.uuid, kinds: agent.agent.kinds }, agent.agent)
  const reference = await (await net.client()).get(room)
  const dialler = new Dialler({
    transport: net.transport('stranger'),
    address: net.address,
    clock: net.clock,
    errors: networkError,
    peerId: 'stranger',
    ids: () => crypto.randomUUID(),
    aliveTimeoutMs: 10_000,
    handler: { request: (call) => call.fail(new Error('nothing is served')), send() {} }
  }).start()
  const answers: (Error | undefined)[] = []
  const call = { target: reference.uuid, operation: 'say', timeoutMs: 1000 }
  const broken = Uint8Array.of(0xff, 0x1f)
  for (const bytes of [{ payload: broken }, { payload: new Uint8Array(0), rawHeaders: broken }]) {
    dialler.session.call({ ...call, ...bytes }, (error) => answers.push(error))
  }
  await net.advance(100)
  const invalid = expect.objectContaining({ code: 'INVALID_MESSAGE' }) as Error
  expect(answers).toEqual([invalid, invalid])
  expect(await reference.request('say', 'unharmed')).toBe('unharmed')
  dialler.close()
})

test('a client that takes only short messages harms nobody with the events that are too long for it', async () => {
  await using net = await startTestNetwork()
  const heard: unknown[] = []
  const small = await net.client({ limits: { payloadBytesMax: 64 } })
  small.onUpdate((event) => {
    heard.push(event)
  })
  const big = await net.client()
  const bigHeard: NetworkEvent[] = []
  big.onUpdate((event) => {
    bigHeard.push(event)
  })
  await net.advance(100)
  await net.agent({ kinds: ['room'] })
  await net.until(() => bigHeard.some(({ agents }) => agents.length > 0))
  expect(await (await big.get(room)).request('say', 'unharmed')).toBe('unharmed')
})

test('a client more than the coordinator takes is told so with each request, and harms nobody', async () => {
  await using net = await startTestNetwork({ network: { clientsMax: 2 } })
  await net.agent({ kinds: ['room'] })
  const client = await net.client()
  const reference = await client.get(room)
  const third = await net.client()
  const overloaded = expect.objectContaining({ code: 'OVERLOADED' }) as Error
  await expect(third.kinds()).rejects.toEqual(overloaded)
  await net.advance(5000)
  await expect(third.kinds()).rejects.toEqual(overloaded)
  expect(await reference.request('say', 'unharmed')).toBe('unharmed')
})

test('closing says goodbye and stops; the network itself goes on', async () => {
  await using net = await startTestNetwork()
  const agent = await net.agent({ kinds: ['room'] })
  await net.server.close()
  await net.server.close()
  expect(await net.network.kinds()).toEqual(['room'])
  expect(agent.uuid).toBe('agent-1')
})
