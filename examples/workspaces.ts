/**
 * A multi-tenant workspace service: a container for each workspace, quotas by plan, changes told to all members,
 * and documents that are still there after the workspace has ended for want of users.
 *
 * It joins the network at NETWORK (default localhost:3737) with two agents of its own.
 */

import { createNetworkClient, type NetworkClient } from '@hcengineering/network-client'
import {
  BroadcastGroup,
  compareTokens,
  containerOnAgentEndpointRef,
  NetworkError,
  NetworkEventKind,
  type ActivationToken,
  type Broadcast,
  type ClientUuid,
  type Container,
  type ContainerFactory,
  type ContainerKind,
  type ContainerUuid,
  type RequestContext
} from '@hcengineering/network-core'
import { EventEmitter, once } from 'node:events'

const workspaceKind = 'workspace' as ContainerKind

interface Tenant {
  readonly plan: 'free' | 'team'
  readonly members: readonly string[]
}

const documentsMax = { free: 2, team: 100 } as const

/** Stands for your database: tenants, and the documents of their workspaces. */
class Database {
  readonly tenants: Readonly<Record<string, Tenant>> = {
    acme: { plan: 'team', members: ['Ann', 'Ben'] },
    zenith: { plan: 'free', members: ['Cleo'] }
  }
  private readonly documents = new Map<string, readonly string[]>()
  private readonly newest = new Map<string, ActivationToken>()

  load(tenant: string, token: ActivationToken): readonly string[] {
    this.fence(tenant, token)
    return this.documents.get(tenant) ?? []
  }

  save(tenant: string, documents: readonly string[], token: ActivationToken): void {
    this.fence(tenant, token)
    this.documents.set(tenant, [...documents])
  }

  /** Refuses an activation that has been followed by a newer one. */
  private fence(tenant: string, token: ActivationToken): void {
    const newest = this.newest.get(tenant)
    if (newest !== undefined && compareTokens(token, newest) < 0) {
      throw new NetworkError('FENCED', 'this workspace is served elsewhere')
    }
    this.newest.set(tenant, token)
  }
}

class Workspace implements Container {
  private readonly name: string
  private readonly tenant: Tenant
  private readonly database: Database
  private readonly members = new BroadcastGroup()
  private documents: readonly string[] | undefined

  constructor(name: string, tenant: Tenant, database: Database) {
    this.name = name
    this.tenant = tenant
    this.database = database
  }

  async request(
    operation: string,
    data: { title?: string } | undefined,
    _clientId: ClientUuid | undefined,
    context: RequestContext
  ): Promise<unknown> {
    // The gateway has checked who this is; which workspaces they may use is decided here.
    const user = context.headers.user ?? 'nobody'
    if (!this.tenant.members.includes(user)) {
      throw new NetworkError('FORBIDDEN', `${user} is no member of ${this.name}`)
    }
    this.documents ??= this.database.load(this.name, context.token)
    switch (operation) {
      case 'create': {
        const max = documentsMax[this.tenant.plan]
        if (this.documents.length >= max) {
          throw new NetworkError('QUOTA', `the plan '${this.tenant.plan}' has ${max} documents`, {
            details: { max }
          })
        }
        const documents = [...this.documents, data?.title ?? 'untitled']
        this.database.save(this.name, documents, context.token)
        this.documents = documents
        await this.members.publish({ user, created: documents.at(-1) })
        return documents.length
      }
      case 'list':
        return this.documents
      default:
        throw new NetworkError('UNKNOWN_OPERATION', `a workspace cannot ${operation}`)
    }
  }

  connect(clientId: ClientUuid, broadcast: Broadcast): void {
    this.members.connect(clientId, broadcast)
  }

  disconnect(clientId: ClientUuid): void {
    this.members.disconnect(clientId)
  }

  async ping(): Promise<void> {}
  async terminate(): Promise<void> {}
}

function workspaces(database: Database): ContainerFactory {
  return ({ uuid, labels }, agentEndpoint) => {
    const [name = ''] = labels ?? []
    const tenant = database.tenants[name]
    if (tenant === undefined || uuid === undefined) {
      throw new NetworkError('NO_SUCH_TENANT', `there is no workspace '${name}'`)
    }
    return {
      uuid,
      container: new Workspace(name, tenant, database),
      endpoint: containerOnAgentEndpointRef(agentEndpoint, uuid)
    }
  }
}

/** A user at work: what a gateway holds for somebody who is online. */
async function open(client: NetworkClient, user: string, name: string) {
  const uuid = `workspace-${name}` as ContainerUuid
  const reference = await client.get(workspaceKind, { uuid, labels: [name] })
  const headers = { user }
  return {
    connect: () => reference.connect(),
    create: (title: string) => reference.request('create', { title }, { headers }) as Promise<number>,
    list: () => reference.request('list', undefined, { headers }) as Promise<string[]>,
    close: () => reference.close()
  }
}

/** Shows what a refused call says. */
async function refused(what: string, call: Promise<unknown>): Promise<void> {
  await call.then(
    () => console.log(`${what}: not refused`),
    (error: NetworkError) => console.log(`${what}: ${error.code}, ${error.message}`)
  )
}

const address = process.env.NETWORK ?? 'localhost:3737'
const database = new Database()
const hosts = [createNetworkClient(address), createNetworkClient(address)]
const agents = await Promise.all(
  hosts.map((host) => host.serveAgent('localhost:0', { [workspaceKind]: workspaces(database) }))
)
const client = createNetworkClient(address)

const ann = await open(client, 'Ann', 'acme')
const ben = await open(client, 'Ben', 'acme')
const cleo = await open(client, 'Cleo', 'zenith')

// Members hear what others do.
const desk = new EventEmitter()
const connection = await ben.connect()
connection.on = (event) => {
  desk.emit('event', event)
}
const heard = once(desk, 'event')
console.log('Ann creates document', await ann.create('Plan'))
console.log('Ben hears:', ...(await heard))
console.log('Ben lists:', await ben.list())

// One tenant is nothing to another.
console.log('Cleo creates document', await cleo.create('Budget'))
console.log('Cleo creates document', await cleo.create('Taxes'))
await refused('Cleo creates a third', cleo.create('Holidays'))
const intruder = await open(client, 'Cleo', 'acme')
await refused('Cleo lists acme', intruder.list())
await refused('a tenant that is none', open(client, 'Dan', 'nowhere'))

const records = await client.list(workspaceKind)
console.log('running:', records.map(({ uuid }) => uuid).toSorted())
console.log('at different agents:', new Set(records.map(({ agentId }) => agentId)).size === 2)

// Everybody goes home: nothing runs, and nothing is lost.
const ended = new EventEmitter()
const stop = client.onUpdate((event) => {
  for (const { container, event: kind } of event.containers) {
    if (kind === NetworkEventKind.removed) ended.emit(container.uuid)
  }
})
const empty = once(ended, 'workspace-acme')
await connection.close()
for (const user of [ann, ben, cleo, intruder]) await user.close()
await empty
stop()
const annAgain = await open(client, 'Ann', 'acme')
console.log('later, Ann lists:', await annAgain.list())
await annAgain.close()

await client.close()
for (const agent of agents) await agent.close()
for (const host of hosts) await host.close()
