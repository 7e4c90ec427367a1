import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Deployment } from 'kubernetes-models/apps/v1/Deployment'
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget'
import { Namespace } from 'kubernetes-models/v1/Namespace'
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim'
import { Service } from 'kubernetes-models/v1/Service'
import { describe, expect, test, vi } from 'vitest'
import { lastOf } from './support/dockerfile.ts'
import { read, readYaml, root } from './support/files.ts'
import { podVariables } from './support/pod-settings.ts'

// The pod is started to ask what it knows, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const folder = 'deploy/kubernetes'
const models = { Deployment, NetworkPolicy, PodDisruptionBudget, Namespace, PersistentVolumeClaim, Service }
type Kind = keyof typeof models

interface Manifest {
  readonly apiVersion: string
  readonly kind: Kind
  readonly metadata: { readonly name: string }
  readonly spec?: any
}

const [kustomization] = readYaml(`${folder}/kustomization.yaml`) as any[]
const resources = kustomization.resources as string[]
const manifests = resources.flatMap((file) => readYaml(`${folder}/${file}`) as Manifest[])

function find(kind: Kind, name: string): any {
  return manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name)?.spec
}

const containerOf = (name: string): any => find('Deployment', name).template.spec.containers[0]
const templateOf = (name: string): any => find('Deployment', name).template

describe('the Kubernetes manifests', () => {
  test('are all named by the kustomization', () => {
    expect(new Set(['kustomization.yaml', ...resources])).toEqual(new Set(readdirSync(resolve(root, folder))))
    expect(kustomization).toMatchObject({
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      namespace: 'network'
    })
  })

  test.each(manifests.map((manifest) => [`${manifest.kind} ${manifest.metadata.name}`, manifest] as const))(
    '%s fits its schema',
    (_name, manifest) => {
      const model = new models[manifest.kind](manifest)
      expect(() => model.validate()).not.toThrow()
      expect(model.apiVersion).toBe(manifest.apiVersion)
    }
  )

  // Kubernetes' schemas let fields pass that they do not know; a compiler does not.
  test('have no field that Kubernetes does not know', () => {
    const work = resolve(root, 'deploy/.tmp/manifests')
    rmSync(work, { recursive: true, force: true })
    mkdirSync(work, { recursive: true })
    const kinds = [...new Set(manifests.map(({ kind }) => kind))]
    const modules: Record<Kind, string> = {
      Deployment: 'apps/v1',
      NetworkPolicy: 'networking.k8s.io/v1',
      PodDisruptionBudget: 'policy/v1',
      Namespace: 'v1',
      PersistentVolumeClaim: 'v1',
      Service: 'v1'
    }
    const imports = kinds.map(
      (kind) => `import type { I${kind} } from 'kubernetes-models/${modules[kind]}/${kind}'`
    )
    const checks = manifests.map(
      (manifest, index) => `export const manifest${index}: I${manifest.kind} = ${JSON.stringify(manifest)}`
    )
    writeFileSync(resolve(work, 'manifests.ts'), [...imports, ...checks].join('\n'))
    writeFileSync(
      resolve(work, 'tsconfig.json'),
      JSON.stringify({
        extends: '../../../tsconfig.check.json',
        include: ['*.ts'],
        compilerOptions: { types: [] }
      })
    )
    const compiler = resolve(root, 'node_modules/.bin/tsc')
    expect(() =>
      execFileSync(compiler, ['-p', work, '--pretty', 'false'], { encoding: 'utf8' })
    ).not.toThrow()
  })

  test('the coordinator is one, and never beside another', () => {
    expect(find('Deployment', 'coordinator')).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } })
    expect(find('Service', 'coordinator').publishNotReadyAddresses).toBe(true)
    expect(containerOf('coordinator')).toMatchObject({
      livenessProbe: { httpGet: { path: '/livez', port: 'admin' } },
      readinessProbe: { httpGet: { path: '/readyz', port: 'admin' } }
    })
  })

  test('its environment names what the pod knows', () => {
    const known = podVariables()
    const names = (containerOf('coordinator').env as { name: string }[]).map(({ name }) => name)
    expect(names.filter((name) => !known.has(name))).toEqual([])
    expect(names).toContain('DATA_DIR')
  })

  test("the example agent's environment names what it reads", () => {
    const source = read('deploy/agent/src/main.ts')
    const names = (containerOf('agent').env as { name: string }[]).map(({ name }) => name)
    expect(names.filter((name) => name !== 'POD_IP' && !source.includes(`environment('${name}'`))).toEqual([])
  })

  test.each([
    ['coordinator', 'pods/network-pod/Dockerfile'],
    ['agent', 'deploy/agent/Dockerfile']
  ])('%s has the ports of its image, and they are let through', (name, dockerfile) => {
    const exposed = lastOf(dockerfile, 'EXPOSE').split(' ').map(Number)
    const container = containerOf(name)
    expect((container.ports as any[]).map(({ containerPort }) => containerPort as number)).toEqual(exposed)
    const portNames = (container.ports as any[]).map((port) => port.name as string)
    const used = [container.livenessProbe.httpGet.port, container.readinessProbe.httpGet.port]
    const service = find('Service', name)
    for (const { targetPort } of service?.ports ?? []) used.push(targetPort)
    expect(used.every((port) => portNames.includes(port))).toBe(true)
    const opened = (find('NetworkPolicy', name).ingress as any[]).flatMap(({ ports }) =>
      (ports as any[]).map(({ port }) => port as number)
    )
    expect(opened).toContain(exposed[0])
    expect(opened.every((port) => exposed.includes(port))).toBe(true)
  })

  test.each(['coordinator', 'agent'])(
    '%s runs as nobody in particular, with nothing it does not need',
    (name) => {
      expect(templateOf(name).spec).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }
      })
      expect(containerOf(name).securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] }
      })
    }
  )

  test('selectors find their pods', () => {
    for (const name of ['coordinator', 'agent']) {
      const { labels } = templateOf(name).metadata
      const { matchLabels } = find('Deployment', name).selector
      expect(labels).toMatchObject(matchLabels)
      expect(find('NetworkPolicy', name).podSelector.matchLabels).toEqual(matchLabels)
    }
    expect(find('Service', 'coordinator').selector).toEqual(
      find('Deployment', 'coordinator').selector.matchLabels
    )
    expect(find('PodDisruptionBudget', 'agent').selector).toEqual(find('Deployment', 'agent').selector)
  })
})
