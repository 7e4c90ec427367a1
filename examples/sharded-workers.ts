/**
 * A pool of workers that share the work by key: every key belongs to one of eight shards, each shard is a
 * container, and the agents take the shards in turn. What belongs to one key is done in one place, in order.
 *
 * It joins the network at NETWORK (default localhost:3737) with three agents of its own.
 */

import {
  createNetworkClient,
  type ContainerConnection,
  type NetworkClient
} from '@hcengineering/network-client'
import {
  containerOnAgentEndpointRef,
  type Container,
  type ContainerFactories,
  type ContainerKind,
  type ContainerUuid
} from '@hcengineering/network-core'
import { createHash } from 'node:crypto'

const shardKind = 'word-shard' as ContainerKind
const shards = 8

/** Counts the words that fall to it. */
class WordShard implements Container {
  private readonly counts = new Map<string, number>()

  async request(operation: string, words: string[]): Promise<unknown> {
    switch (operation) {
      case 'count':
        for (const word of words) this.counts.set(word, (this.counts.get(word) ?? 0) + 1)
        return words.length
      case 'counts':
        return this.counts
      default:
        throw new Error(`a shard cannot ${operation}`)
    }
  }

  connect(): void {}
  disconnect(): void {}
  async ping(): Promise<void> {}
  async terminate(): Promise<void> {}
}

const factories: ContainerFactories = {
  [shardKind]: ({ uuid }, agentEndpoint) => {
    if (uuid === undefined) throw new Error('a shard has a number')
    return { uuid, container: new WordShard(), endpoint: containerOnAgentEndpointRef(agentEndpoint, uuid) }
  }
}

/** The same word leads to the same shard, whoever asks and whenever. */
function shardOf(word: string): number {
  return createHash('sha256').update(word).digest().readUInt32BE() % shards
}

/** All shards, connected: for as long as these are open, the shards stay. */
async function openShards(client: NetworkClient): Promise<ContainerConnection[]> {
  return await Promise.all(
    Array.from({ length: shards }, async (_, number) => {
      const reference = await client.get(shardKind, { uuid: `word-shard-${number}` as ContainerUuid })
      const connection = await reference.connect()
      await reference.close()
      return connection
    })
  )
}

const address = process.env.NETWORK ?? 'localhost:3737'
const workers = Array.from({ length: 3 }, () => createNetworkClient(address))
const agents = await Promise.all(workers.map((worker) => worker.serveAgent('localhost:0', factories)))

const client = createNetworkClient(address)
const pool = await openShards(client)
const homes = (await client.list(shardKind)).map(({ agentId }) => agentId)
const loads = agents.map(({ agent }) => homes.filter((home) => home === agent.uuid).length)
console.log(
  `${homes.length} shards at ${agents.length} agents:`,
  loads.toSorted((a, b) => a - b)
)

// A message for each shard and round, all of them under way at once.
const words = Array.from({ length: 12_000 }, (_, index) => `word-${index % 100}`)
const calls: Promise<number>[] = []
for (let start = 0; start < words.length; start += 1000) {
  const some = words.slice(start, start + 1000)
  for (const [shard, connection] of pool.entries()) {
    calls.push(
      connection.request(
        'count',
        some.filter((word) => shardOf(word) === shard)
      )
    )
  }
}
const counted = (await Promise.all(calls)).reduce((sum, count) => sum + count, 0)
console.log(`${counted} words are counted`)

const parts: Map<string, number>[] = await Promise.all(pool.map((connection) => connection.request('counts')))
const totals = new Map(parts.flatMap((part) => [...part]))
console.log('different words:', totals.size, 'each counted:', [...new Set(totals.values())])
console.log('no word is in two shards:', parts.reduce((sum, part) => sum + part.size, 0) === totals.size)

await Promise.all(pool.map((connection) => connection.close()))
await client.close()
for (const agent of agents) await agent.close()
for (const worker of workers) await worker.close()
