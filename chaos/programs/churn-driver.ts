/** Makes containers and clients come and go. */

import { createNetworkClient, type NetworkClient } from '@hcengineering/network-client'
import type { ContainerUuid } from '@hcengineering/network-core'
import type { ChurnSettings, ChurnShare } from '../src/churn.ts'
import { kinds } from '../src/kinds.ts'
import { Proxy } from '../src/proxy.ts'

const { coordinator } = JSON.parse(process.argv[2] ?? '') as ChurnSettings
const containersAtOnce = 200
const clientsAtOnce = 50
let serial = 0
let attended = 0

const steady = createNetworkClient(coordinator)

/** A container comes, is asked something, and goes. */
async function visit(client: NetworkClient): Promise<void> {
  const serialNumber = ++serial
  const uuid = `churned-${serialNumber}` as ContainerUuid
  const reference = await client.get(kinds.ordinary, { uuid })
  // One in ten is also connected to: the agent knows that client for as long.
  if (serialNumber % 10 === 0) {
    const connection = await reference.connect()
    await connection.request('echo', serialNumber)
    await connection.close()
  } else await reference.request('echo', serialNumber)
  await reference.close()
}

/** A client comes and goes. */
async function attend(): Promise<void> {
  if (++attended % 4 === 0) {
    await vanish()
    return
  }
  const client = createNetworkClient(coordinator)
  await visit(client)
  await client.close()
}

/** A client whose connection is lost for good: it takes no leave, and what it had is taken from it. */
async function vanish(): Promise<void> {
  const { hostname, port } = new URL(`tcp://${coordinator}`)
  const proxy = new Proxy({ host: '127.0.0.1', to: { host: hostname, port: Number(port) } })
  await proxy.up()
  const client = createNetworkClient(proxy.address)
  const reference = await client.get(kinds.ordinary, { uuid: `churned-${++serial}` as ContainerUuid })
  await reference.request('echo', serial)
  proxy.down()
  await client.close()
}

async function inBatches(count: number, atOnce: number, once: () => Promise<void>): Promise<void> {
  let begun = 0
  const work = async (): Promise<void> => {
    while (begun < count) {
      begun++
      await once()
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, work))
}

process.on('message', ({ containers, clients }: ChurnShare) => {
  inBatches(containers - clients, containersAtOnce, () => visit(steady))
    .then(() => inBatches(clients, clientsAtOnce, attend))
    .then(
      () => process.send?.({ type: 'done' }),
      (error: unknown) => {
        console.error(error)
        process.exit(1)
      }
    )
})
process.on('disconnect', () => process.exit(0))
await steady.waitConnection()
console.log('ready')
