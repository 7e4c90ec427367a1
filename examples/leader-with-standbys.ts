/**
 * A leader with two standbys, each in a process of its own. The leader is killed, the next one takes over; that
 * one is asked to leave, and the last one leads. Whoever asks them for something notices a pause, and no error.
 *
 * It joins the network at NETWORK (default localhost:3737) and starts three processes.
 */

import { resolve } from 'node:path'
import { createNetworkClient } from '@hcengineering/network-client'
import { compareTokens } from '@hcengineering/network-core'
import { leaderKind, leaderUuid, type Leadership } from './leader/messages.ts'
import { Program } from './runner/program.ts'

const address = process.env.NETWORK ?? 'localhost:3737'

async function startMember(name: string): Promise<Program> {
  const file = resolve(import.meta.dirname, 'leader/member.ts')
  const program = new Program({ name, file, env: { NETWORK: address, NAME: name } })
  await program.waitForLine(/^ready$/, 60_000)
  return program
}

// One after the other: they are promoted in the order in which they have registered.
const members: Program[] = []
for (const name of ['first', 'second', 'third']) members.push(await startMember(name))
const [first, second, third] = members

const client = createNetworkClient(address)
const leader = await client.get(leaderKind, { uuid: leaderUuid })

/** To assign a job twice does no harm, so it may be sent again when the leader dies. */
async function assign(job: string): Promise<Leadership> {
  const answer: Leadership = await leader.request('assign', job, { idempotent: true, timeoutMs: 60_000 })
  console.log(`${job}: assigned by the ${answer.leader}, its number ${answer.assigned}`)
  return answer
}

await assign('sweep the hall')
const before = await assign('wind the clock')

console.log('the first is killed')
await first?.kill()
const after = await assign('water the plants')
console.log('the new token is higher:', compareTokens(after.token, before.token) > 0)

console.log('the second is asked to leave')
// It hands over before it ends: the next one serves by now, or is about to.
await second?.end()
await assign('lock the door')

await leader.close()
await client.close()
await third?.end()
