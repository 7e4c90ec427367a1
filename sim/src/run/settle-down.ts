import type { ContainerRecord } from '@hcengineering/network-core'
import type { ClientNode, Held } from '../cluster/client.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Faults } from '../cluster/faults.ts'
import {
  agentNames,
  coreAgents,
  coreClients,
  roomKind,
  sheetKind,
  storeKind,
  stores
} from '../cluster/names.ts'

/** What the network has to become well again. */
const quietMs = 10_000
/** How long the last requests may take, when all is well. */
const answerMs = 3000
/** What a cluster needs to let go of what nobody refers to any more. */
const unusedMs = 6000

/**
 * The end of a run: faults end, or stay outside the core; time passes; then all that is open must work, the
 * directory must be what the agents have (I10), and what was filled must be empty again (I11).
 */
export async function settleDown(
  cluster: Cluster,
  faults: Faults,
  core: readonly string[] | undefined
): Promise<void> {
  const { world } = cluster
  world.trace.tell('phase', core === undefined ? 'all faults end' : 'the core has no more faults')
  faults.heal(
    core === undefined
      ? undefined
      : (touched) => !touched.some((name) => core.includes(name)) || crosses(touched, core)
  )
  await world.run(quietMs)
  world.trace.tell('phase', 'all must be well')
  const clients = [...cluster.clients].filter(([name]) => core === undefined || coreClients.includes(name))
  await everythingOpenWorks(
    cluster,
    clients.map(([, node]) => node)
  )
  await newOnesCanBeHad(
    cluster,
    clients.map(([, node]) => node)
  )
  if (core === undefined) await directoryIsTrue(cluster)
  world.trace.tell('phase', 'all is let go')
  for (const [, node] of clients) for (const held of [...node.held]) node.release(held)
  await world.run(unusedMs)
  await nothingIsLeft(cluster, core)
  world.observe({ kind: 'finished' })
}

/** A fault between the core and the rest stays, too. */
function crosses(touched: readonly string[], core: readonly string[]): boolean {
  return touched.length > 1 && !touched.every((name) => core.includes(name))
}

async function everythingOpenWorks(cluster: Cluster, clients: readonly ClientNode[]): Promise<void> {
  const broken: Held[] = []
  for (const node of clients) {
    for (const held of node.held) {
      const work = { workMs: 0, timeoutMs: answerMs, idempotent: false }
      node
        .request(held, 'work', work)
        .then((answered) => {
          if (!answered) broken.push(held)
        })
        .catch(() => {})
    }
  }
  await cluster.world.run(answerMs / 0.9 + 100)
  // A client that was silent for too long can lose a name to another kind: that reference can work no more.
  const there = await readAll(cluster, [cluster.coordinator.network.list()])
  for (const { name, reference, containerKind, connection } of broken) {
    const { uuid } = reference
    if (there.some((record) => record.uuid === uuid && record.kind !== containerKind)) continue
    const way = connection === undefined ? '' : ', connected'
    cluster.world.model.report('I10', `${name} to ${uuid}${way} does not work although all is well`)
  }
}

async function newOnesCanBeHad(cluster: Cluster, clients: readonly ClientNode[]): Promise<void> {
  const node = clients[0]
  if (node === undefined) return
  const selectors = [
    { kind: roomKind, uuid: 'room-new' },
    { kind: roomKind, uuid: 'room-new' },
    { kind: sheetKind, labels: ['new'] },
    { kind: sheetKind, labels: ['new'] },
    ...Object.keys(stores)
      .slice(0, 1)
      .map((uuid) => ({ kind: storeKind, uuid }))
  ]
  const got: (Held | undefined)[] = []
  for (const selector of selectors) {
    node
      .get({ do: 'get', client: '', ...selector, timeoutMs: answerMs, connect: false })
      .then((held) => got.push(held))
      .catch(() => {})
  }
  await cluster.world.run(answerMs + 700)
  const count = got.filter((held) => held !== undefined).length
  if (count < selectors.length) {
    cluster.world.model.report(
      'I10',
      `of ${selectors.length} new containers ${count} can be had although all is well`
    )
  }
  const labelled = new Set(
    got.map((held) => held?.reference.uuid).filter((uuid) => uuid?.startsWith(sheetKind))
  )
  if (labelled.size > 1)
    cluster.world.model.report(
      'I9',
      `one label, asked for twice at once, made ${[...labelled].join(' and ')}`
    )
  // The other reference to it stays: the model sees if the container does not.
  const one = got.find((held) => held?.reference.uuid === 'room-new')
  if (one === undefined) return
  node.release(one)
  await cluster.world.run(unusedMs)
}

async function directoryIsTrue(cluster: Cluster): Promise<void> {
  const { world } = cluster
  const listed = describeAll(await readAll(cluster, [cluster.coordinator.network.list()]))
  const hosted = describeAll(
    await readAll(
      cluster,
      [...cluster.agents.values()].map(({ agent }) => agent.list())
    )
  )
  for (const entry of listed)
    if (!hosted.includes(entry)) world.model.report('I10', `the directory has ${entry}, its agent has not`)
  for (const entry of hosted)
    if (!listed.includes(entry)) world.model.report('I10', `an agent has ${entry}, the directory has not`)
  const { agents, gets, starts } = cluster.coordinator.network.counts()
  if (agents !== agentNames.length)
    world.model.report('I10', `${agents} agents are registered, ${agentNames.length} run`)
  if (gets > 0 || starts > 0) world.model.report('I11', `${gets} gets and ${starts} starts are left`)
}

/** What promises give, in virtual time: none of them waits for anything. */
async function readAll(
  cluster: Cluster,
  promises: readonly Promise<ContainerRecord[]>[]
): Promise<ContainerRecord[]> {
  const records = Promise.all(promises)
  await cluster.world.run(0)
  return (await records).flat()
}

function describeAll(records: readonly ContainerRecord[]): string[] {
  return records.map(
    ({ uuid, kind, agentId, token }) => `${kind} ${uuid} on ${agentId} as ${token.epoch}.${token.sequence}`
  )
}

async function nothingIsLeft(cluster: Cluster, core: readonly string[] | undefined): Promise<void> {
  const { world, coordinator } = cluster
  const records = await readAll(cluster, [coordinator.network.list()])
  const left = records.filter(
    ({ kind, agentId }) => kind !== storeKind && (core === undefined || coreAgents.includes(agentId))
  )
  if (core === undefined) {
    for (const { uuid } of left)
      world.model.report('I6', `${uuid} is still there although nobody refers to it`)
    const { clients } = coordinator.network.counts()
    const alive = cluster.clients.size + cluster.agents.size
    if (clients > alive)
      world.model.report('I5', `the coordinator knows ${clients} clients, ${alive} are there`)
  }
}
