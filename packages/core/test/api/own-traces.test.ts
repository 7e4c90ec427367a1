import { expect, test } from 'vitest'
import {
  NetworkImpl,
  OwnTraces,
  TickManagerImpl,
  type ClientUuid,
  type ContainerKind,
  type Trace,
  type Tracing
} from '../../src/index.ts'

/** Keeps what has ended until it is called for. */
class KeepingTracing implements Tracing {
  told: string[] = []
  private kept: string[] = []

  ask(_action: unknown, operation: string): Trace {
    return {
      headers: { operation },
      run: (work) => work(),
      end: (error) => void this.kept.push(error === undefined ? operation : `${operation} failed`)
    }
  }

  serve(): undefined {}
  forward(): undefined {}

  apart<T>(work: () => T): T {
    return work()
  }

  flush(): void {
    this.told.push(...this.kept.splice(0))
  }
}

test('traces that are over are told as their owner closes, later ones as they end', () => {
  const tracing = new KeepingTracing()
  const traces = new OwnTraces(tracing)
  const [first, second] = ['first', 'second'].map((operation) =>
    traces.ask('request', operation, undefined, undefined)
  )
  expect(first?.headers).toEqual({ operation: 'first' })
  expect(first?.run(() => 1)).toBe(1)
  first?.end()
  expect(tracing.told).toEqual([])
  traces.close()
  expect(tracing.told).toEqual(['first'])
  second?.end(new Error('given up'))
  expect(tracing.told).toEqual(['first', 'second failed'])
})

test('what is not recorded has no trace', () => {
  const tracing = new KeepingTracing()
  tracing.ask = () => undefined as never
  expect(new OwnTraces(tracing).ask('request', 'work', undefined, undefined)).toBeUndefined()
})

test('a network that closes has its traces told, that of a get which it gives up included', async () => {
  const tracing = new KeepingTracing()
  const network = new NetworkImpl(new TickManagerImpl(20), { tracing })
  const given = network.get('client' as ClientUuid, undefined, { kind: 'nobody has this' as ContainerKind })
  await network.close()
  await expect(given).rejects.toThrow('the network has been closed')
  expect(tracing.told).toEqual(['get failed'])
})
