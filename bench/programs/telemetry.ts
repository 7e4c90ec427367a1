/** An SDK of OpenTelemetry as an application has it, whose exporters throw away what they are given. */

import { context, metrics, propagation, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { ExportResultCode, W3CTraceContextPropagator, type ExportResult } from '@opentelemetry/core'
import {
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
  type ResourceMetrics
} from '@opentelemetry/sdk-metrics'
import {
  BatchSpanProcessor,
  TracerProvider,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor
} from '@opentelemetry/sdk-trace'
import type { Tracing } from '@hcengineering/network-core'
import {
  observeAgent,
  observeClient,
  observeEventLoop,
  openTelemetryTracing
} from '@hcengineering/network-telemetry'

/** What is observed in this run: nothing, or metrics and this share of the requests. */
export type TelemetryOption =
  | {
      readonly sampleRatio: number
      /** Whether spans are thrown away as they end, not kept for a batch. @default false */
      readonly unkept?: boolean
    }
  | undefined

const collectIntervalMs = 1000

type Done = (result: ExportResult) => void

class SpanSink implements SpanExporter {
  exported = 0

  export(spans: ReadableSpan[], done: Done): void {
    this.exported += spans.length
    done({ code: ExportResultCode.SUCCESS })
  }

  async shutdown(): Promise<void> {}
}

/** Keeps no span: what it takes to keep them until they are exported is in none of what is measured. */
class SpanCounter implements SpanProcessor {
  ended = 0

  onStart(): void {}

  onEnd(): void {
    this.ended++
  }

  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

class MetricSink implements PushMetricExporter {
  collections = 0

  export(_metrics: ResourceMetrics, done: Done): void {
    this.collections++
    done({ code: ExportResultCode.SUCCESS })
  }

  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

/**
 * What this process has recorded. Imported by whoever is observed only: the SDK's code takes its share of the heap.
 */
export class Telemetry {
  readonly observeAgent = observeAgent
  readonly observeClient = observeClient
  readonly tracing: Tracing
  /**
   * Whether every request is traced, so that the SDK's code is compiled, as it is in a process that has run for a while.
   */
  warmsUp = false
  private readonly spans = new SpanSink()
  private readonly unkept = new SpanCounter()
  private readonly metrics = new MetricSink()
  private readonly provider: TracerProvider

  /** Registers it for the whole process. */
  constructor({ sampleRatio, unkept = false }: NonNullable<TelemetryOption>) {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    propagation.setGlobalPropagator(new W3CTraceContextPropagator())
    const processor = unkept ? this.unkept : new BatchSpanProcessor({ exporter: this.spans })
    this.provider = new TracerProvider({ spanProcessors: [processor] })
    trace.setGlobalTracerProvider(this.provider)
    const reader = new PeriodicExportingMetricReader({
      exporter: this.metrics,
      exportIntervalMillis: collectIntervalMs
    })
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
    observeEventLoop()
    const random = (): number => (this.warmsUp ? 0 : Math.random())
    this.tracing = openTelemetryTracing({ sampleRatio, random })
  }

  /** @throws Error when nothing was recorded: what was measured is then not what its name says */
  async figures(): Promise<{ spans: number; collections: number }> {
    this.tracing.flush()
    await this.provider.forceFlush()
    const spans = this.spans.exported + this.unkept.ended
    const { collections } = this.metrics
    if (spans === 0 || collections === 0) {
      throw new Error(`${spans} spans were recorded, and metrics were collected ${collections} times`)
    }
    return { spans, collections }
  }
}

/**
 * What an application pays that makes a span of the SDK around some of its own requests, and nothing besides: no metrics,
 * no context, no headers, and nothing of ours.
 */
export class SpansByHand {
  /** The share of the requests that have one; set between turns. */
  ratio = 0
  private readonly spans = new SpanSink()
  private readonly provider = new TracerProvider({
    spanProcessors: [new BatchSpanProcessor({ exporter: this.spans })]
  })
  private readonly tracer = this.provider.getTracer('bench')

  async around<T>(kind: 'client' | 'server', operation: string, work: () => Promise<T>): Promise<T> {
    if (Math.random() >= this.ratio) return work()
    const attributes = {
      'rpc.system.name': 'bench',
      'rpc.method': operation,
      'bench.kind': kind,
      'bench.place': 'container'
    }
    const spanKind = kind === 'client' ? SpanKind.CLIENT : SpanKind.SERVER
    const span = this.tracer.startSpan(operation, { kind: spanKind, attributes }, ROOT_CONTEXT)
    try {
      return await work()
    } finally {
      span.end()
    }
  }

  /** @throws Error when none was made */
  async figures(): Promise<{ spans: number }> {
    await this.provider.forceFlush()
    if (this.spans.exported === 0) throw new Error('no spans were exported')
    return { spans: this.spans.exported }
  }
}
