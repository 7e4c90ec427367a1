import { readFileSync } from 'node:fs'
import type { ContainerKind, ContainerUuid } from '@hcengineering/network-core'
import { startTestNetwork } from '@hcengineering/network-testing'
import { expect, test, vi } from 'vitest'
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
  expect(lines).toContain(
    'network_server_requests_total{network_container_kind="room",network_outcome="answered"} 1'
  )
  expect(lines).toContain('network_server_request_duration_bucket_total{le="+Inf"} 1')
  expect(lines).toContain('# TYPE network_server_sessions gauge')
  expect(text).toMatch(/^nodejs_eventloop_utilization/m)
  // Every line is a comment, or a name with labels and a number.
  for (const line of lines) expect(line).toMatch(/^(#.*|[a-z_0-9]+(\{[^{}]*\})? [-+.e\dInfNa]+)?$/)
})

test('every metric that an alarm looks at is there', async () => {
  await using net = await startTestNetwork()
  await net.agent({ kinds: ['room'] })
  await (await net.client()).get('room' as ContainerKind)
  const metrics = createPrometheusMetrics(net.network, net.server)
  // The delay of the event loop is known once it has been measured.
  const text = await vi.waitUntil(async () => {
    const read = await metrics.read()
    return read.includes('nodejs_eventloop_delay_p99') && read
  })
  const there = new Set(text.split('\n').map((line) => /^[a-z_0-9]+/.exec(line)?.[0]))
  const alarms = readFileSync(new URL('../../../deploy/prometheus/alarms.yaml', import.meta.url), 'utf8')
  const rules = alarms.split('- alert: ').slice(1)
  expect(rules.length).toBeGreaterThan(5)
  const missing = rules.flatMap((rule) => {
    const [, expression = ''] = /expr: ([^]*?)\n +(?:for|annotations):/.exec(rule) ?? []
    const names = expression.replaceAll(/\{[^}]*\}/g, '').match(/\b(?:up|network_\w+|nodejs_\w+)\b/g) ?? []
    // `up` is of Prometheus itself.
    return names.length === 0 ? [rule] : names.filter((name) => name !== 'up' && !there.has(name))
  })
  expect(missing).toEqual([])
})
