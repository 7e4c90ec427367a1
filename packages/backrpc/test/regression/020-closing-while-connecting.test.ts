import { describe, expect, it } from 'vitest'
import { ask, TestPeers } from '../support/peers.ts'

describe('regression 20', () => {
  it('closing while connecting raises no unhandled rejection', async () => {
    const unhandled: unknown[] = []
    const listener = (reason: unknown): void => void unhandled.push(reason)
    process.on('unhandledRejection', listener)
    try {
      for (const moment of [0, 1, 2, 3, 4, 5]) {
        const peers = new TestPeers()
        if (moment > 2) peers.listen()
        const { dialler } = peers.dial()
        const outcomes = ask(dialler.session, 1)
        const waiting = dialler.waitConnected(5000).catch((error: unknown) => error)
        for (let steps = 0; steps < moment; steps++) peers.step()
        dialler.close()
        peers.pass(10_000)
        const ended: unknown = await waiting
        expect(ended === undefined || (ended as { code?: string }).code === 'CLOSED').toBe(true)
        expect(outcomes).toHaveLength(1)
        expect(dialler.session.callsInFlight).toBe(0)
      }
      await new Promise((resolve) => setImmediate(resolve))
      expect(unhandled).toEqual([])
    } finally {
      process.off('unhandledRejection', listener)
    }
  })
})
