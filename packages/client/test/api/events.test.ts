import { NetworkEventKind, type NetworkEvent } from '@hcengineering/network-core'
import { describe, expect, test } from 'vitest'
import { kind, startNetwork, transports, uuid } from '../support/settings.ts'

/** What a listener believes there is, by what it hears. */
class View {
  readonly containers = new Map<string, string>()
  readonly agents = new Set<string>()
  readonly events: NetworkEvent[] = []

  hear = (event: NetworkEvent): void => {
    this.events.push(event)
    if (event.snapshot === true) {
      this.containers.clear()
      this.agents.clear()
    }
    for (const agent of event.agents) {
      if (agent.event === NetworkEventKind.removed) this.agents.delete(agent.id)
      else this.agents.add(agent.id)
    }
    for (const { container, event: change } of event.containers) {
      if (change === NetworkEventKind.removed) this.containers.delete(container.uuid)
      else this.containers.set(container.uuid, container.agentId)
    }
  }

  get snapshots(): number {
    return this.events.filter(({ snapshot }) => snapshot).length
  }
}

describe.each(transports)('events over %s', (transport) => {
  test('that a client missed while the coordinator was restarted come as a snapshot', async () => {
    await using net = await startNetwork(transport, { network: { unusedContainerTimeout: 60 } })
    await net.agent({ kinds: ['room'] })
    const client = await net.client()
    await client.get(kind('room'), { uuid: uuid('before') })
    const watcher = await net.client()
    const view = new View()
    watcher.onUpdate(view.hear)
    await net.advance(50)
    await client.get(kind('room'), { uuid: uuid('after') })
    await net.until(() => view.containers.has('after'))
    expect(view.snapshots).toBe(0)
    await net.restartCoordinator()
    await net.until(() => view.snapshots === 1 && view.containers.size === 2)
    const listed = await net.until(watcher.list())
    expect([...view.containers.keys()].toSorted()).toEqual(listed.map((record) => record.uuid).toSorted())
    expect([...view.agents]).toEqual((await watcher.agents()).map(({ agentId }) => agentId))
  })

  test('that a client did not read are replaced by a snapshot', async () => {
    const server = { eventBytesMax: 4096, slowConsumerGrace: 0 }
    const network = { unusedContainerTimeout: 60, aliveTimeout: 60, pingInterval: 0.1 }
    await using net = await startNetwork(transport, { server, network })
    await net.agent({ kinds: ['room'] })
    const client = await net.client()
    const watcher = await net.client({ limits: { windowBytes: 16_384 } })
    const view = new View()
    watcher.onUpdate(view.hear)
    await net.advance(50)
    net.pause(watcher)
    for (let n = 0; n < 400; n++) await net.until(client.get(kind('room'), { uuid: uuid(`room ${n}`) }))
    net.resume(watcher)
    await net.until(() => view.snapshots > 0 && view.containers.size === 400)
    expect(view.events.length).toBeLessThan(400)
    await client.get(kind('room'), { uuid: uuid('one more') })
    await net.until(() => view.containers.has('one more'))
  })
})
