import { metrics, ValueType, type Attributes, type Meter, type Observable } from '@opentelemetry/api'
import { scopeName } from '../attributes.ts'

/** A metric, as it is told to OpenTelemetry. */
export interface MetricDescription {
  readonly name: string
  /** `counter` only grows; `sum` is how much there is, and adds up over processes; `gauge` does not. */
  readonly type: 'counter' | 'sum' | 'gauge'
  /** In the words of UCUM: `s`, `By`, `{request}`. */
  readonly unit: string
  readonly description: string
  /** The attributes that tell its series apart. */
  readonly attributes?: readonly string[]
}

/** Options of everything that is observed. */
export interface ObserveOptions {
  /** @default the one of the registered SDK */
  meter?: Meter | undefined
  /** Go with every figure: what tells several of the same part in one process apart. @default none */
  attributes?: Attributes | undefined
}

/** Tells the value of a metric. */
export type Tell<K extends string> = (metric: K, value: number | undefined, attributes?: Attributes) => void

/**
 * Registers metrics that are read when somebody collects them, and at no other time.
 *
 * @param read called at every collection
 * @returns what ends that
 */
export function observe<K extends string>(
  table: Readonly<Record<K, MetricDescription>>,
  options: ObserveOptions,
  read: (tell: Tell<K>) => void
): () => void {
  const { meter = metrics.getMeter(scopeName), attributes: common } = options
  const instruments = new Map<string, Observable>()
  for (const [key, description] of Object.entries<MetricDescription>(table)) {
    instruments.set(key, createInstrument(meter, description))
  }
  const all = [...instruments.values()]
  const callback: Parameters<Meter['addBatchObservableCallback']>[0] = (result) => {
    read((metric, value, attributes) => {
      const instrument = instruments.get(metric)
      if (instrument === undefined || value === undefined) return
      result.observe(instrument, value, common === undefined ? attributes : { ...common, ...attributes })
    })
  }
  meter.addBatchObservableCallback(callback, all)
  return () => meter.removeBatchObservableCallback(callback, all)
}

function createInstrument(meter: Meter, description: MetricDescription): Observable {
  const { name, type, unit } = description
  const whole = unit.startsWith('{') || unit === 'By'
  const options = {
    unit,
    description: description.description,
    valueType: whole ? ValueType.INT : ValueType.DOUBLE
  }
  switch (type) {
    case 'counter':
      return meter.createObservableCounter(name, options)
    case 'sum':
      return meter.createObservableUpDownCounter(name, options)
    case 'gauge':
    default:
      return meter.createObservableGauge(name, options)
  }
}
