import { expect, test } from 'vitest'
import { errorWith, kind, startNetwork, uuid } from '../support/settings.ts'

test.each(['reference', 'connection'] as const)(
  'a request by %s ends at its deadline, though others wait longer for the same way (I7)',
  async (via) => {
    await using net = await startNetwork('memory')
    const agent = await net.agent({ kinds: ['room'] })
    const client = await net.client()
    const reference = await client.get(kind('room'), { uuid: uuid('lobby') })
    const connection = await reference.connect()
    // Long enough to be forgotten: then the client looks for the container again, without a hurry.
    net.partition(client, agent)
    net.partition(client, 'coordinator')
    await net.advance(15_000)

    const target = via === 'reference' ? reference : connection
    const began = net.clock.now()
    const outcome = target.request('say', 'late', { timeoutMs: 1000, idempotent: true })
    await expect(net.until(outcome, 10_000)).rejects.toEqual(errorWith('TIMEOUT'))
    expect(net.clock.now() - began).toBeLessThan(1500)
  }
)
