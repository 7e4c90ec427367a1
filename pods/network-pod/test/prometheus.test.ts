import type { ContainerKind, ContainerUuid } from '@hcengineering/network-core'
import { startTestNetwork } from '@hcengineering/network-testing'
import { expect, test } from 'vitest'
import { createPrometheusMetrics } from '../src/prometheus.ts'

test('Prometheus reads what the coordinator and its server count, as it is at that moment', async () => {
  await using net = await startTestNetwork()
  const metrics = createPrometheusMetrics(net.network, net.server)
  await net.agent({ kinds: ['room'] })
  const client = await net.client()
  const before = (await metrics.read()).split('\n')
  expect(before).toContain('network_coordinator_gets_total{network_outcome="answered"} 0')
  const reference = await client.get('room' as ContainerKind, { uuid: 'lobby' as ContainerUuid })
  await reference.request('say', 'hello')
  const text = await metrics.read()
  const lines = text.split('\n')
  expect(lines).toContain('network_coordinator_gets_total{network_outcome="answered"} 1')
  expect(lines).toContain(
    'network_coordinator_containers{network_container_kind="room",network_container_state="serving"} 1'
  )
  expect(lines).toContain('network_server_requests_total{network_outcome="answered"} 1')
  expect(lines).toContain('network_server_request_duration_bucket_total{le="+Inf"} 1')
  expect(lines).toContain('# TYPE network_server_sessions gauge')
  expect(text).toMatch(/^nodejs_eventloop_utilization/m)
  // Every line is a comment, or a name with labels and a number.
  for (const line of lines) expect(line).toMatch(/^(#.*|[a-z_0-9]+(\{[^{}]*\})? [-+.e\dInfNa]+)?$/)
})
