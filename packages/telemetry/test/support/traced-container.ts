import { context, trace } from '@opentelemetry/api'
import {
  NetworkError,
  type Container,
  type ContainerUuid,
  type RequestContext
} from '@hcengineering/network-core'
import { tracer } from './recorded-spans.ts'

/** A container that makes a span of its own in all that it does, as an application would. */
export class TracedContainer implements Container {
  async request(
    operation: string,
    data: unknown,
    _clientId: unknown,
    request: RequestContext
  ): Promise<unknown> {
    switch (operation) {
      case 'work':
        await Promise.resolve()
        tracer.startActiveSpan('own work', (span) => span.end())
        return data
      case 'fail':
        throw new NetworkError('TOO_LATE', 'the shop is closed')
      case 'pass on':
        await Promise.resolve()
        return await request.client.request(data as ContainerUuid, 'work', 'passed on')
      case 'look':
        return { active: trace.getSpanContext(context.active())?.traceId, headers: request.headers }
      default:
        throw new Error(`no operation '${operation}'`)
    }
  }

  async *stream(operation: string): AsyncGenerator<number> {
    for (let n = 0; ; n++) {
      if (operation === 'three' && n === 3) return
      if (operation === 'broken' && n === 1) throw new NetworkError('TORN', 'the paper is torn')
      await Promise.resolve()
      tracer.startActiveSpan('item', (span) => span.end())
      yield n
    }
  }

  connect(): void {}
  disconnect(): void {}
  async terminate(): Promise<void> {}
  async ping(): Promise<void> {}
}
