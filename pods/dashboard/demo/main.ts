/** The command line: `pnpm dashboard:demo`. */

import { setTimeout as sleep } from 'node:timers/promises'
import { Command, InvalidArgumentError } from 'commander'
import { ensureBuilt } from '../network/built.ts'
import { LiveNetwork } from '../network/live-network.ts'

interface Options {
  readonly port: number
  readonly clients: number
}

const agents = ['eu-west-1', 'us-east-1', 'ap-south-1']
const token = 'demo-token-for-the-dashboard'
const restartEveryMs = 45_000
const awayMs = 6000

function whole(text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new InvalidArgumentError('It must be a whole number.')
}

const command = new Command('dashboard:demo')
  .description('Starts a small live network with traffic, and its dashboard.')
  .option('--port <n>', 'where the dashboard is served; 0 lets the system choose', whole, 3780)
  .option('--clients <n>', 'how many clients send requests', whole, 12)

const stop = new AbortController()
process.once('SIGINT', () => stop.abort())
process.once('SIGTERM', () => stop.abort())

/** One agent after the other leaves for a while, so that there is something to see. */
async function restartAgents(network: LiveNetwork): Promise<void> {
  for (let turn = 0; ; turn++) {
    await sleep(restartEveryMs, undefined, { signal: stop.signal })
    const name = agents[turn % agents.length] ?? ''
    console.log(`${name} leaves, and comes back in ${awayMs / 1000} s`)
    await network.stopAgent(name)
    await sleep(awayMs, undefined, { signal: stop.signal })
    await network.startAgent(name)
  }
}

async function main(): Promise<void> {
  const { port, clients } = command.parse().opts<Options>()
  console.log('Builds the dashboard if it has changed …')
  await ensureBuilt()
  console.log(`Starts a coordinator, ${agents.length} agents and ${clients} clients …`)
  const network = await LiveNetwork.start({ agents, clients, adminPort: port, adminToken: token })
  try {
    console.log(
      `\n  Dashboard    ${network.url}\n  Network      ${network.address}\n  Admin token  ${token}\n\nCtrl+C ends it all.`
    )
    await restartAgents(network)
  } catch (error) {
    if (!stop.signal.aborted) throw error
    console.log('\nEnds the clients, the agents and the coordinator …')
  } finally {
    await network.close()
  }
}

await main()
