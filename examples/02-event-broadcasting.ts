/**
 * A container that tells all who are connected to it what happens: the departure board of a station, shown on
 * two screens. Each screen is a client of its own.
 *
 * It joins the network at NETWORK (default localhost:3737) with an agent of its own.
 */

import { createAgent, createNetworkClient, type ContainerConnection } from '@hcengineering/network-client'
import type {
  Broadcast,
  ClientUuid,
  Container,
  ContainerEndpointRef,
  ContainerKind,
  ContainerUuid
} from '@hcengineering/network-core'
import { EventEmitter, once } from 'node:events'

const boardKind = 'departure-board' as ContainerKind
const centralStation = { uuid: 'central-station' as ContainerUuid, labels: ['trains'] }

interface BoardEvent {
  type: 'welcome' | 'departure' | 'closed'
  text: string
}

class DepartureBoard implements Container {
  readonly uuid: ContainerUuid
  /** How to reach each connected client. */
  private readonly screens = new Map<ClientUuid, Broadcast>()
  private readonly departures: string[] = []

  constructor(uuid: ContainerUuid) {
    this.uuid = uuid
  }

  async connect(clientId: ClientUuid, broadcast: Broadcast): Promise<void> {
    this.screens.set(clientId, broadcast)
    // To the new one alone. It arrives even if the client sets `connection.on` a little later.
    await broadcast({ type: 'welcome', text: `${this.departures.length} departures so far` })
  }

  disconnect(clientId: ClientUuid): void {
    this.screens.delete(clientId)
  }

  async request(operation: string, data?: any): Promise<unknown> {
    switch (operation) {
      case 'announce':
        this.departures.push(data.train)
        await this.tellAll({ type: 'departure', text: `${data.train} from platform ${data.platform}` })
        return { screens: this.screens.size }
      case 'departures':
        return this.departures
      default:
        throw new Error(`a departure board has no operation '${operation}'`)
    }
  }

  async ping(): Promise<void> {}

  async terminate(): Promise<void> {
    // Broadcasts made in here still arrive.
    await this.tellAll({ type: 'closed', text: 'good night' })
    this.screens.clear()
  }

  private async tellAll(event: BoardEvent): Promise<void> {
    await Promise.all([...this.screens.values()].map((broadcast) => broadcast(event)))
  }
}

/** Shows what it hears, and lets the program wait for it. */
class Screen extends EventEmitter {
  readonly welcomed: Promise<unknown>

  constructor(place: string, connection: ContainerConnection) {
    super()
    this.welcomed = once(this, 'welcome')
    connection.on = (event: BoardEvent) => {
      console.log(`[${place}] ${event.type}: ${event.text}`)
      this.emit(event.type)
    }
  }
}

const address = process.env.NETWORK ?? 'localhost:3737'
const station = createNetworkClient(address)
await station.waitConnection(5000)

const { agent, server } = await createAgent('localhost:0', {
  [boardKind]: (options) => {
    const uuid = options.uuid ?? centralStation.uuid
    return {
      uuid,
      container: new DepartureBoard(uuid),
      endpoint: `board://localhost/${uuid}` as ContainerEndpointRef
    }
  }
})
await station.register(agent)

// Two clients connect to the same board: whoever comes first starts it.
const hallClient = createNetworkClient(address)
const cafeClient = createNetworkClient(address)

const hallBoard = await hallClient.get(boardKind, centralStation)
const hallConnection = await hallBoard.connect()
const hall = new Screen('hall', hallConnection)
await hall.welcomed

const cafeBoard = await cafeClient.get(boardKind, centralStation)
const cafeConnection = await cafeBoard.connect()
const cafe = new Screen('cafe', cafeConnection)
await cafe.welcomed

// One announcement reaches both.
const shown = Promise.all([once(hall, 'departure'), once(cafe, 'departure')])
const answer = await hallConnection.request('announce', { train: '10:04 to Lisbon', platform: 2 })
await shown
console.log('screens that were told:', answer.screens)

// The cafe closes: its screen leaves, and hears no more.
await cafeConnection.close()
await cafeBoard.close()
console.log('the cafe has left')

const shownInHall = once(hall, 'departure')
const secondAnswer = await hallConnection.request('announce', { train: '10:30 to Porto', platform: 1 })
await shownInHall
console.log('screens that were told:', secondAnswer.screens)
console.log('all departures:', await hallConnection.request('departures'))

// The agent ends the board, and the board says good night.
const closed = once(hall, 'closed')
await agent.terminate(hallBoard.uuid)
await closed

await hallClient.close()
await cafeClient.close()
await station.close()
await server.close()
