import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PodProcess } from '../support/pod-process.ts'
import { Member } from './support/member.ts'
import { VirtualLan } from '@hcengineering/network-testing'

const environment = { PORT: '3737', RECOVERY_GRACE: '0' }
const aliveTimeoutMs = 3000
/** After the alive timeout a listener still keeps a silent session for 5 s. */
const sessionsKeptMs = aliveTimeoutMs + 5000

describe('over a network whose cables are pulled', () => {
  let lan: VirtualLan

  beforeEach(() => {
    lan = new VirtualLan()
  })

  // Kills whatever runs on its machines, also after a test that was given up.
  afterEach(() => lan.close())

  test('a client that was cut off for a moment: what it asked meanwhile is done once, and no event is lost', async () => {
    const machines = { pod: lan.machine('pod'), agent: lan.machine('agent'), client: lan.machine('client') }
    const coordinator = `${machines.pod.address}:3737`
    await using pod = new PodProcess(environment, 'main', machines.pod.prefix)
    expect(await pod.port()).toBe(3737)
    await Member.start('agent', machines.agent, coordinator)
    await using client = await Member.start('client', machines.client, coordinator)
    const { activation } = await client.ask('reference', 'add')

    machines.client.cut()
    const meanwhile = [client.ask('reference', 'add'), client.ask('connection', 'add')]
    let answered = 0
    for (const answer of meanwhile)
      answer.then(
        () => answered++,
        () => {}
      )
    await sleep(aliveTimeoutMs / 2)
    expect(answered).toBe(0)
    machines.client.heal()

    await Promise.all(meanwhile)
    expect(await client.ask('connection', 'add')).toEqual({ count: 4, activation })
    expect(await client.ask('reference', 'read')).toEqual({ count: 4, activation })
    await expect.poll(() => client.events.map(({ count }) => count)).toEqual([1, 2, 3, 4])
  })

  test('a client that was cut off until it was forgotten: its reference and connection go on', async () => {
    const machines = { pod: lan.machine('pod'), agent: lan.machine('agent'), client: lan.machine('client') }
    const coordinator = `${machines.pod.address}:3737`
    await using pod = new PodProcess(
      { ...environment, UNUSED_CONTAINER_TIMEOUT: '0.5' },
      'main',
      machines.pod.prefix
    )
    await pod.port()
    await Member.start('agent', machines.agent, coordinator)
    await using client = await Member.start('client', machines.client, coordinator)
    const before = await client.ask('connection', 'add')

    machines.client.cut()
    await sleep(sessionsKeptMs + 3000)
    machines.client.heal()

    // The container was given up with the client's references: they bring it back.
    const after = await client.ask('reference', 'add')
    expect(after.count).toBe(1)
    expect(after.activation).not.toBe(before.activation)
    expect(await client.ask('connection', 'add')).toEqual({ ...after, count: 2 })
    await expect.poll(() => client.events.at(-1)).toEqual({ ...after, count: 2 })
  })

  test('an agent that was cut off: its container moves, and stays where it is when the agent comes back', async () => {
    const machines = {
      pod: lan.machine('pod'),
      first: lan.machine('first'),
      second: lan.machine('second'),
      client: lan.machine('client')
    }
    const coordinator = `${machines.pod.address}:3737`
    await using pod = new PodProcess(environment, 'main', machines.pod.prefix)
    await pod.port()
    await Member.start('agent', machines.first, coordinator)
    await using client = await Member.start('client', machines.client, coordinator)
    const before = await client.ask('connection', 'add')
    await Member.start('agent', machines.second, coordinator)

    machines.first.cut()
    await sleep(aliveTimeoutMs + 1000)
    const moved = await client.ask('connection', 'add')
    expect(moved.count).toBe(1)
    expect(moved.activation).not.toBe(before.activation)
    machines.first.heal()

    await sleep(aliveTimeoutMs)
    expect(await client.ask('connection', 'add')).toEqual({ ...moved, count: 2 })
    expect(await client.ask('reference', 'read')).toEqual({ ...moved, count: 2 })
  })
})
