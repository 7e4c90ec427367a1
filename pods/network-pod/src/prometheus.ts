import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { NetworkError, type NetworkImpl } from '@hcengineering/network-core'
import type { NetworkServer } from '@hcengineering/network-server'
import {
  observeCoordinator,
  observeEventLoop,
  observeServer,
  scopeName
} from '@hcengineering/network-telemetry'
import type { MetricsSource } from './admin/metrics.ts'

/** The metrics of a coordinator and its server as Prometheus reads them: nothing happens between two reads. */
export function createPrometheusMetrics(network: NetworkImpl, server: NetworkServer): MetricsSource {
  const exporter = new PrometheusExporter({ preventServerStart: true })
  const meter = new MeterProvider({ readers: [exporter] }).getMeter(scopeName)
  observeCoordinator(network, { meter })
  observeServer(server, { meter })
  observeEventLoop({ meter })
  // All metrics here are of one scope, and the scrape itself says of whom.
  const serializer = new PrometheusSerializer('', false, undefined, true, true)
  return {
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    read: async () => {
      const { resourceMetrics, errors } = await exporter.collect()
      if (errors.length > 0) {
        throw new NetworkError('INTERNAL', 'the metrics could not be read', { cause: errors[0] })
      }
      return serializer.serialize(resourceMetrics)
    }
  }
}
