import { createNetworkClient } from '@hcengineering/network-client'
import { expect, test } from 'vitest'
import { serveNetwork } from '../src/index.ts'

test('a served network is reached at its address, and lets go of it when it is closed', async () => {
  const network = serveNetwork('127.0.0.1:0', { pingInterval: 0.5 })
  const client = createNetworkClient(network.address)
  await client.waitConnection(5000)
  expect(await client.kinds()).toEqual([])
  await client.close()
  await network.close()
  const port = network.server.getPort()
  await using again = serveNetwork(`127.0.0.1:${port}`)
  expect(again.address).toBe(`127.0.0.1:${port}`)
})

test('all interfaces are reached as localhost from the same machine', async () => {
  await using network = serveNetwork('*:0')
  expect(network.address).toBe(`localhost:${network.server.getPort()}`)
})

test.each(['', '3737', ':3737', 'localhost:', 'localhost:http'])('%j is no endpoint', (endpoint) => {
  expect(() => serveNetwork(endpoint)).toThrow(expect.objectContaining({ code: 'ADDRESS_INVALID' }) as Error)
})
