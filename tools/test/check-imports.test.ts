import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { runCommand } from '../command.ts'

// Real tools run here, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const repository = join(import.meta.dirname, '../..')
const packages = ['core', 'backrpc', 'client', 'server', 'testing']
const cruise = ['--config', join(repository, 'tools/import-rules.mjs'), '.']
const pods = ['network-pod', 'network-tool']

/** A workspace with the real manifests and rules, and hardly any sources. */
let workspace: string

beforeAll(async () => {
  workspace = await realpath(await mkdtemp(join(tmpdir(), 'import-rules-')))
  await cp(join(repository, '.oxlintrc.json'), join(workspace, '.oxlintrc.json'))
  await cp(join(repository, 'tsconfig.base.json'), join(workspace, 'tsconfig.base.json'))
  await mkdir(join(workspace, 'node_modules/@hcengineering'), { recursive: true })
  for (const [parent, names] of [
    ['packages', packages],
    ['pods', pods]
  ] as const) {
    for (const name of names) {
      const folder = `${parent}/${name}`
      await write(`${folder}/src/index.ts`, 'export const nothing = 0\n')
      await cp(join(repository, folder, 'package.json'), join(workspace, folder, 'package.json'))
      const packageName = parent === 'pods' ? name : `network-${name}`
      await symlink(join(workspace, folder), join(workspace, 'node_modules/@hcengineering', packageName))
    }
  }
  const backrpcModules = join(repository, 'packages/backrpc/node_modules')
  for (const name of ['zeromq', 'cbor-x']) {
    await symlink(await realpath(join(backrpcModules, name)), join(workspace, 'node_modules', name))
  }
  await symlink(join(repository, 'node_modules/vitest'), join(workspace, 'node_modules/vitest'))
  for (const file of [
    'api/record',
    'contract/operation',
    'time/clock',
    'coordinator/place',
    'agent/host',
    'service/turns'
  ]) {
    await write(`packages/core/src/${file}.ts`, 'export type Some = number\nexport const some: Some = 0\n')
  }
  await write('packages/backrpc/src/transport/zeromq/socket.ts', "import 'zeromq'\nexport const socket = 0\n")
})

afterAll(() => rm(workspace, { recursive: true, force: true }))

describe('the import rules', () => {
  it('pass on a workspace that keeps them, and fail the command when one is broken', async () => {
    const files = {
      'packages/core/src/api/uses-types.ts': "export type { Some } from '../time/clock.ts'\n",
      'packages/core/src/agent/uses-api.ts': "export { some } from '../api/record.ts'\n",
      'packages/backrpc/src/protocol/codec.ts': "import 'cbor-x'\n",
      'packages/backrpc/src/transport/tcp/net.ts': "import 'node:net'\n",
      'packages/client/src/uses.ts':
        "import 'node:os'\nimport '@hcengineering/network-core'\nimport '@hcengineering/network-backrpc'\n",
      'packages/testing/src/uses.ts':
        "import '@hcengineering/network-client'\nimport '@hcengineering/network-server'\n",
      'packages/client/test/regression/deep.test.ts':
        "import '../../src/index.ts'\nimport '@hcengineering/network-testing'\n",
      'packages/backrpc/test/raw.test.ts': "import 'zeromq'\n",
      'pods/network-pod/src/main.ts': "import './index.ts'\nimport '@hcengineering/network-server'\n",
      'examples/first/main.ts': "import '@hcengineering/network-client'\n"
    }
    await withFiles(files, async () => {
      expect(await run('depcruise', cruise)).toMatchObject({ exitCode: 0 })
      await write('packages/core/src/broken.ts', "import 'node:fs'\n")
      expect((await run('depcruise', cruise)).exitCode).not.toBe(0)
      await rm(join(workspace, 'packages/core/src/broken.ts'))
    })
  })

  /** Rule, folder of the importing file, what it imports. */
  const violations = [
    ['core-imports-nothing-outside-itself', 'packages/core/src/api', 'node:fs'],
    ['core-imports-nothing-outside-itself', 'packages/core/src/time', 'node:timers'],
    ['core-imports-nothing-outside-itself', 'packages/core/src/agent', 'cbor-x'],
    ['core-imports-nothing-outside-itself', 'packages/core/src', '@hcengineering/network-backrpc'],
    ['core-api-imports-only-types-of-contract-and-time', 'packages/core/src/api', '../agent/host.ts'],
    ['core-api-imports-contract-and-time-as-types-only', 'packages/core/src/api', '../time/clock.ts'],
    ['core-contract-and-time-know-no-state-machine', 'packages/core/src/time', '../agent/host.ts'],
    ['core-coordinator-and-agent-are-strangers', 'packages/core/src/coordinator', '../agent/host.ts'],
    ['core-coordinator-and-agent-are-strangers', 'packages/core/src/agent/x', '../../coordinator/place.ts'],
    ['core-service-knows-no-state-machine', 'packages/core/src/service', '../agent/host.ts'],
    ['nothing-else-of-the-core-knows-services', 'packages/core/src/agent', '../service/turns.ts'],
    ['backrpc-above-transport-imports-only-the-codec', 'packages/backrpc/src/session', 'node:net'],
    ['backrpc-above-transport-imports-only-the-codec', 'packages/backrpc/src', '@hcengineering/network-core'],
    ['backrpc-transports-import-only-zeromq-the-codec-and-node', 'packages/backrpc/src/transport', 'vitest'],
    [
      'backrpc-transports-import-only-zeromq-the-codec-and-node',
      'packages/backrpc/src/transport',
      '@hcengineering/network-core'
    ],
    ['only-the-zeromq-transport-imports-zeromq', 'packages/backrpc/src/transport/memory', 'zeromq'],
    ['only-the-zeromq-transport-imports-zeromq', 'packages/backrpc/src/session', 'zeromq'],
    ['only-the-zeromq-transport-imports-zeromq', 'packages/server/src', 'zeromq'],
    ['only-the-zeromq-transport-imports-zeromq', 'pods/network-pod/src', 'zeromq'],
    ['above-transport-nothing-knows-zeromq', 'packages/backrpc/src/session', '../transport/zeromq/socket.ts'],
    [
      'client-and-server-import-core-and-backrpc-only',
      'packages/client/src',
      '@hcengineering/network-server'
    ],
    [
      'client-and-server-import-core-and-backrpc-only',
      'packages/server/src',
      '@hcengineering/network-client'
    ],
    ['client-and-server-import-core-and-backrpc-only', 'packages/client/src', 'cbor-x'],
    ['testing-imports-the-other-packages-only', 'packages/testing/src', 'cbor-x'],
    ['nothing-imports-what-stands-on-the-packages', 'packages/testing/src', '@hcengineering/network-pod'],
    ['nothing-imports-what-stands-on-the-packages', 'examples', '@hcengineering/network-tool'],
    ['the-tool-takes-only-types-of-the-pod', 'pods/network-tool/src', '@hcengineering/network-pod'],
    ['no-relative-import-leaves-its-package', 'packages/client/src', '../../core/src/index.ts'],
    ['no-relative-import-leaves-its-package', 'packages/core/test', '../../server/src/index.ts'],
    ['no-relative-import-leaves-its-package', 'examples/first', '../../packages/core/src/index.ts'],
    ['only-the-public-api-of-a-package-is-imported', 'bench', '../packages/core/src/time/clock.ts'],
    ['every-import-resolves', 'packages/server/src', './missing.ts']
  ] as const

  /** Other ways to import what `core-api-imports-only-types-of-contract-and-time` forbids. */
  const forms = {
    'a dynamic import': "export const late = await import('../agent/host.ts')\n",
    'a type': "export type Late = import('../agent/host.ts').Some\n",
    'a re-export': "export type { Some } from '../agent/host.ts'\n"
  }

  let found: { rule: string; file: string }[]

  beforeAll(async () => {
    const files = Object.fromEntries([
      ...violations.map(([, folder, target], index) => [
        violationFile(folder, index),
        `import '${target}'\n`
      ]),
      ...Object.entries(forms).map(([form, source]) => [formFile(form), source])
    ])
    await withFiles(files, async () => {
      const { stdout } = await run('depcruise', [...cruise, '--output-type', 'json'])
      const { summary } = JSON.parse(stdout) as CruiseResult
      found = summary.violations.map(({ from, rule }) => ({ rule: rule.name, file: from }))
    })
  })

  it.each(violations.map(([rule, folder, target], index) => ({ rule, folder, target, index })))(
    '$rule: $folder may not import $target',
    ({ rule, folder, index }) => {
      expect(found).toContainEqual({ rule, file: violationFile(folder, index) })
    }
  )

  it.each(Object.keys(forms))('see %s', (form) => {
    expect(found).toContainEqual({
      rule: 'core-api-imports-only-types-of-contract-and-time',
      file: formFile(form)
    })
  })
})

describe('the purity rules of the linter', () => {
  const impure = {
    setTimeout: 'setTimeout(() => 0, 1)',
    setInterval: 'setInterval(() => 0, 1)',
    setImmediate: 'setImmediate(() => 0)',
    'globalThis.setTimeout': 'globalThis.setTimeout(() => 0, 1)',
    'performance.now': 'performance.now()',
    'Date.now': 'Date.now()',
    'new Date': 'new Date()',
    'Math.random': 'Math.random()',
    crypto: 'crypto.randomUUID()',
    'AbortSignal.timeout': 'AbortSignal.timeout(1)'
  }
  const refusing = ['packages/core/src/agent', 'packages/backrpc/src/session', 'packages/backrpc/src/peer']
  const allowing = ['packages/core/src/time', 'packages/backrpc/src/transport/tcp']

  let found: Set<string>

  beforeAll(async () => {
    const files: Record<string, string> = {
      'packages/core/src/api/ids.ts': `export const value = ${impure.crypto}\n`,
      'packages/core/src/api/other.ts': `export const value = ${impure.crypto}\n`
    }
    for (const folder of [...refusing, ...allowing]) {
      for (const [name, expression] of Object.entries(impure)) {
        files[impureFile(folder, name)] = `export const value = ${expression}\n`
      }
    }
    await withFiles(files, async () => {
      const { stdout } = await run('oxlint', ['--format', 'json'])
      const { diagnostics } = JSON.parse(stdout) as LintResult
      const impurities = diagnostics.filter(({ code }) => /no-restricted-(globals|properties)/.test(code))
      found = new Set(impurities.map(({ filename }) => filename))
    })
  })

  it.each(Object.keys(impure))('refuse %s in core and backrpc, but not where time is kept', (name) => {
    const files = [...refusing, ...allowing].map((folder) => impureFile(folder, name))
    expect(files.filter((file) => found.has(file))).toStrictEqual(
      refusing.map((folder) => impureFile(folder, name))
    )
  })

  it('let ids.ts alone make random ids', () => {
    expect(found.has('packages/core/src/api/ids.ts')).toBe(false)
    expect(found.has('packages/core/src/api/other.ts')).toBe(true)
  })
})

const violationFile = (folder: string, index: number) => `${folder}/violation-${index}.ts`
const formFile = (form: string) => `packages/core/src/api/${form.replaceAll(' ', '-')}.ts`
const impureFile = (folder: string, name: string) => `${folder}/${name.replace(' ', '-')}.ts`

interface CruiseResult {
  summary: { violations: { from: string; rule: { name: string } }[] }
}

interface LintResult {
  diagnostics: { code: string; filename: string }[]
}

async function withFiles<T>(files: Record<string, string>, body: () => Promise<T>): Promise<T> {
  for (const [file, source] of Object.entries(files)) await write(file, source)
  try {
    return await body()
  } finally {
    for (const file of Object.keys(files)) await rm(join(workspace, file))
  }
}

async function write(file: string, source: string): Promise<void> {
  await mkdir(dirname(join(workspace, file)), { recursive: true })
  await writeFile(join(workspace, file), source)
}

function run(command: string, args: string[]) {
  return runCommand(join(repository, 'node_modules/.bin', command), args, workspace)
}
