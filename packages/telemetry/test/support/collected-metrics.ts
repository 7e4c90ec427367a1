import type { Attributes, Meter } from '@opentelemetry/api'
import { MeterProvider, MetricReader, type MetricData } from '@opentelemetry/sdk-metrics'

class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** A meter whose metrics are collected when a test says so. */
export class CollectedMetrics {
  readonly meter: Meter
  private readonly reader = new Reader()
  private collected: MetricData[] = []

  constructor() {
    this.meter = new MeterProvider({ readers: [this.reader] }).getMeter('test')
  }

  async collect(): Promise<MetricData[]> {
    const { resourceMetrics, errors } = await this.reader.collect()
    if (errors.length > 0) throw new Error(`not collected: ${errors.map(String).join(', ')}`)
    this.collected = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics)
    return this.collected
  }

  /** The value of the one series that has these attributes, as collected last. */
  value(name: string, attributes: Attributes = {}): unknown {
    const wanted = Object.entries(attributes)
    const points = this.collected
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap(({ dataPoints }) => dataPoints as { value: unknown; attributes: Attributes }[])
      .filter((point) => wanted.every(([key, value]) => point.attributes[key] === value))
    if (points.length > 1) throw new Error(`${points.length} series of ${name} match`)
    return points[0]?.value
  }

  /** By metric, the values of all series that it has, by their attributes as text. */
  series(name: string): Record<string, unknown> {
    const entries = this.collected
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap(({ dataPoints }) => dataPoints as { value: unknown; attributes: Attributes }[])
      .map(({ attributes, value }) => [Object.values(attributes).join(' '), value] as const)
    return Object.fromEntries(entries)
  }
}
