/**
 * What can go wrong, how a caller tells one thing from another, and when to try again: a weather station with
 * moods.
 *
 * It joins the network at NETWORK (default localhost:3737) with an agent of its own.
 */

import { createAgent, createNetworkClient, type NetworkClient } from '@hcengineering/network-client'
import {
  NetworkError,
  containerUuid,
  hasCode,
  type ClientUuid,
  type Container,
  type ContainerEndpointRef,
  type ContainerKind,
  type ContainerUuid,
  type RequestContext
} from '@hcengineering/network-core'
import { setTimeout as sleep } from 'node:timers/promises'

const stationKind = 'weather-station' as ContainerKind

class WeatherStation implements Container {
  readonly uuid: ContainerUuid
  private readings = 0
  private givenUp = 0

  constructor(uuid: ContainerUuid) {
    this.uuid = uuid
  }

  async request(
    operation: string,
    _data?: unknown,
    _clientId?: ClientUuid,
    context?: RequestContext
  ): Promise<unknown> {
    switch (operation) {
      case 'temperature':
        this.readings++
        // An error of our own, with a code for programs and the word that trying again makes sense.
        if (this.readings <= 2)
          throw new NetworkError('WARMING_UP', 'the sensor is warming up', { retryable: true })
        return { celsius: 21.5, reading: this.readings }
      case 'rain':
        // An ordinary error: its message arrives, with the code APPLICATION_ERROR.
        throw new Error('the rain gauge is broken')
      case 'panorama':
        // Long work looks at the signal: it is aborted when nobody waits for the result any more.
        context?.signal.addEventListener('abort', () => this.givenUp++)
        await sleep(20_000, undefined, { signal: context?.signal })
        return 'a picture'
      case 'given up':
        return this.givenUp
      default:
        throw new Error(`a weather station has no operation '${operation}'`)
    }
  }

  async ping(): Promise<void> {}

  async terminate(): Promise<void> {}

  connect(_clientId: ClientUuid): void {}

  disconnect(_clientId: ClientUuid): void {}
}

interface RetryOptions {
  attempts: number
  /** The first wait; each further one is twice as long. */
  delayMs: number
}

/**
 * Calls until it succeeds, with longer and longer waits between. Only what says that it is `retryable` is tried
 * again: the same mistake made twice is still a mistake.
 */
async function withRetry<T>(call: () => Promise<T>, { attempts, delayMs }: RetryOptions): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call()
    } catch (error) {
      const mayRetry = error instanceof NetworkError && error.retryable && attempt < attempts
      console.log(`   attempt ${attempt}: ${describe(error)}${mayRetry ? '' : ', giving up'}`)
      if (!mayRetry) throw error
      await sleep(delayMs * 2 ** (attempt - 1))
    }
  }
}

/** Gets a station, reads it, and gives it back whatever happens. */
async function readStation(client: NetworkClient, operation: string): Promise<unknown> {
  await using station = await client.get(stationKind, { timeoutMs: 5000 })
  return await withRetry(() => station.request(operation), { attempts: 5, delayMs: 50 })
}

function describe(error: unknown): string {
  return error instanceof NetworkError ? `${error.code}, ${error.message}` : String(error)
}

async function failing(call: Promise<unknown>): Promise<unknown> {
  return await call.then(
    () => {
      throw new Error('this was meant to fail')
    },
    (error: unknown) => error
  )
}

const client = createNetworkClient(process.env.NETWORK ?? 'localhost:3737')
await client.waitConnection(5000)

let isFirstStart = true
const { agent, server } = await createAgent('localhost:0', {
  [stationKind]: async ({ uuid = containerUuid() }) => {
    if (isFirstStart) {
      isFirstStart = false
      throw new Error('no station answers yet')
    }
    return {
      uuid,
      container: new WeatherStation(uuid),
      endpoint: `weather://localhost/${uuid}` as ContainerEndpointRef
    }
  }
})
await client.register(agent)

console.log('1. a container that cannot be started')
console.log('  ', describe(await failing(client.get(stationKind))))

console.log('2. a passing failure: trying again helps')
console.log('  ', await readStation(client, 'temperature'))

console.log('3. a lasting failure: trying again would not help')
console.log('  ', describe(await failing(readStation(client, 'rain'))))

console.log('4. an answer that takes too long')
const station = await client.get(stationKind)
const late = await failing(station.request('panorama', undefined, { timeoutMs: 200 }))
// It may have run: only who knows that running it twice does no harm should send it again.
if (hasCode(late, 'TIMEOUT')) console.log('   TIMEOUT, outcome unknown:', late.outcomeUnknown)

console.log('5. a caller that changes its mind')
const cancel = new AbortController()
const panorama = failing(station.request('panorama', undefined, { signal: cancel.signal }))
await sleep(100)
cancel.abort()
const aborted = await panorama
console.log('  ', aborted instanceof NetworkError ? aborted.code : aborted)

console.log('6. a kind that nobody offers')
const missing = await failing(client.get('tide-gauge' as ContainerKind, { timeoutMs: 300 }))
console.log('  ', describe(missing))

console.log('7. a container that does not exist')
console.log('  ', describe(await failing(client.request('nobody' as ContainerUuid, 'temperature'))))

console.log('After all of that the station still works:', await station.request('temperature'))
console.log('Panoramas it has given up:', await station.request('given up'))

await station.close()
await client.close()
await server.close()
