import { describe, expect, test } from 'vitest'
import { FaultyNetwork, Random, SimClock, SimMachine, Trace } from '../src/index.ts'

const limits = { messageBytesMax: 1024 }

function world(): {
  clock: SimClock
  network: FaultyNetwork
  trace: Trace
  machine: (name: string) => SimMachine
} {
  const clock = new SimClock((error) => {
    throw error
  })
  const network = new FaultyNetwork({ clock, seed: 'test' })
  const trace = new Trace(() => clock.now())
  return { clock, network, trace, machine: (name) => new SimMachine(name, clock, network, trace) }
}

/** A server that keeps what it hears, and a client that is connected to it. */
function pair(made = world()) {
  const server = made.machine('server')
  const client = made.machine('client')
  const heard: number[] = []
  const closed: string[] = []
  server.start().transport.listen({ host: 'localhost', port: 99 }, limits, () => ({
    received: (message) => heard.push(message[0]!),
    closed: (reason) => closed.push(reason)
  }))
  const dial = () =>
    client.process!.transport.dial('localhost:99', limits, {
      received() {},
      closed: (reason) => closed.push(reason)
    })
  client.start()
  return { ...made, server, client, heard, closed, dial }
}

describe('random numbers', () => {
  test('are the same for the same seed, on every machine', () => {
    const random = new Random('seed')
    expect([random.bits(), random.bits(), random.bits()]).toMatchInlineSnapshot(`
      [
        1423868227,
        4201535051,
        3308462396,
      ]
    `)
    expect(new Random('seed').bits()).toBe(new Random('seed').bits())
    expect(new Random('other').bits()).not.toBe(new Random('seed').bits())
  })

  test('stay within their bounds and reach both', () => {
    const random = new Random('bounds')
    const drawn = new Set(Array.from({ length: 1000 }, () => random.whole(3, 5)))
    expect(drawn).toEqual(new Set([3, 4, 5]))
  })
})

describe('the clock', () => {
  test('lets everything settle between one timer and the next', async () => {
    const { clock } = world()
    const seen: string[] = []
    clock.after(10, () => {
      Promise.resolve()
        .then(() => new Promise<void>((resolve) => process.nextTick(resolve)))
        .then(() => seen.push('settled'))
        .catch(() => {})
    })
    clock.after(10, () => seen.push('next'))
    await clock.run(20)
    expect(seen).toEqual(['settled', 'next'])
    expect(clock.wallTime()).toBe(Date.UTC(2025, 0, 1) + 20)
  })
})

describe('processes', () => {
  test('paused, handle nothing until they go on, and then all in order', async () => {
    const { clock, server, heard, dial } = pair()
    const connection = dial()
    server.process!.pause()
    for (const byte of [1, 2, 3]) connection.send(Uint8Array.of(byte))
    await clock.run(100)
    expect(heard).toEqual([])
    expect(server.process!.heldUp).toBeGreaterThan(0)
    server.process!.resume()
    await clock.run(1)
    expect(heard).toEqual([1, 2, 3])
  })

  test('killed, do nothing more, and the other end hears of it unless power was lost', async () => {
    for (const powerLoss of [false, true]) {
      const { clock, server, heard, closed, dial } = pair()
      const connection = dial()
      let late = false
      server.process!.clock.after(50, () => {
        late = true
      })
      await clock.run(10)
      server.crash(powerLoss)
      connection.send(Uint8Array.of(1))
      await clock.run(100)
      expect(heard).toEqual([])
      expect(late).toBe(false)
      expect(closed).toHaveLength(powerLoss ? 0 : 1)
    }
  })

  test('on a suspended machine see the wall clock alone go on', async () => {
    const { clock, server } = pair()
    const { clock: own } = server.process!
    const [now, wall] = [own.now(), own.wallTime()]
    server.suspend()
    await clock.run(5000)
    server.wake()
    expect(own.now() - now).toBe(0)
    expect(own.wallTime() - wall).toBe(5000)
  })
})

describe('faults of the network', () => {
  test('a cut counts what it swallows', async () => {
    const { clock, network, heard, dial } = pair()
    const connection = dial()
    await clock.run(10)
    const cut = network.cut('client', 'server')
    connection.send(Uint8Array.of(1))
    await clock.run(10)
    expect(heard).toEqual([])
    expect(cut.affected).toBe(1)
    cut.end()
    dial().send(Uint8Array.of(2))
    await clock.run(10)
    expect(heard).toEqual([2])
  })

  test('what a delay holds up is overtaken by newer connections, never within one', async () => {
    const { clock, network, heard, dial } = pair()
    const old = dial()
    await clock.run(10)
    const delay = network.delay('client', 'server', 1000, true)
    old.send(Uint8Array.of(1))
    delay.end()
    old.send(Uint8Array.of(2))
    dial().send(Uint8Array.of(3))
    await clock.run(2000)
    expect(heard).toEqual([3, 1, 2])
    expect(delay.affected).toBe(1)
  })
})
