import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../command.ts'
import { mustSucceed, type PackedPackage } from './pack.ts'
import { scopeSetting } from './registry.ts'

/** What the packages are used with. Each version comes from npm, under a name of its own. */
export const nodes = { 22: '22.23.3', 24: '24.21.0', 26: '26.9.0' } as const
export const compilers = { '5.8': '5.8.3', 6: '6.0.3', 7: '7.0.2' } as const

/** Starts a whole network, and uses it: the same work for ESM and CommonJS. */
const work = `
async function work({ NetworkImpl, TickManagerImpl, containerOnAgentEndpointRef }, { NetworkServer }, client) {
  const ticks = new TickManagerImpl(10)
  const server = new NetworkServer(new NetworkImpl(ticks), ticks, '127.0.0.1', 0)
  const user = client.createNetworkClient('localhost:' + server.getPort())
  const agent = await user.serveAgent('localhost:0', {
    adder: ({ uuid = 'adder-1' }, at) => ({
      uuid,
      endpoint: containerOnAgentEndpointRef(at, uuid),
      container: {
        request: async (operation, data) => data.reduce((sum, one) => sum + one, 0),
        connect() {}, disconnect() {}, ping: async () => {}, terminate: async () => {}
      }
    })
  })
  const adder = await user.get('adder')
  console.log('the answer is', await adder.request('add', [40, 2]))
  await adder.close()
  await agent.close()
  await user.close()
  await server.close()
}
`

const programs: Readonly<Record<string, string>> = {
  'esm.mjs': `${work}
import * as client from '@hcengineering/network-client'
import * as core from '@hcengineering/network-core'
import * as server from '@hcengineering/network-server'
await work(core, server, client)
`,
  'commonjs.cjs': `${work}
const client = require('@hcengineering/network-client')
const core = require('@hcengineering/network-core')
const server = require('@hcengineering/network-server')
work(core, server, client)
`
}

/** An empty project with everything installed in it. */
export interface Consumer {
  readonly folder: string
  readonly packages: readonly PackedPackage[]
}

/** Makes an empty project and installs the packages, the Nodes and the compilers into it, by npm. */
export async function installConsumer(
  folder: string,
  packages: readonly PackedPackage[],
  registry: string
): Promise<Consumer> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const aliases = [
    ...Object.entries(nodes).map(([name, version]) => [`node-${name}`, `npm:node@${version}`] as const),
    ...Object.entries(compilers).map(
      ([name, version]) => [`typescript-${name}`, `npm:typescript@${version}`] as const
    )
  ]
  const dependencies = {
    ...Object.fromEntries(packages.map(({ manifest }) => [manifest.name, manifest.version])),
    ...Object.fromEntries(aliases),
    '@types/node': '24'
  }
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }))
  for (const [name, source] of Object.entries(programs)) await writeFile(join(folder, name), source)
  await mustSucceed('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], folder, {
    [`npm_config_${scopeSetting}`]: registry
  })
  return { folder, packages }
}

/** Runs the programs on each Node; returns what went wrong. */
export async function runOnEachNode({ folder }: Consumer): Promise<string[]> {
  const problems: string[] = []
  for (const [name, version] of Object.entries(nodes)) {
    for (const program of Object.keys(programs)) {
      const node = join(folder, `node_modules/node-${name}/bin/node`)
      const { exitCode, stdout, stderr } = await runCommand(node, [program], folder, { timeoutMs: 60_000 })
      const well = exitCode === 0 && stdout === 'the answer is 42\n' && stderr === ''
      console.log(`${well ? 'ok    ' : 'FAILED'}  ${program} on Node ${version}`)
      if (!well) problems.push(`${program} on Node ${version}: exit code ${exitCode}\n${stdout}${stderr}`)
    }
  }
  return problems
}

/** Compiles a program that uses every package with each compiler, declarations included. */
export async function compileWithEach({ folder, packages }: Consumer): Promise<string[]> {
  const entries = packages.flatMap(({ manifest }) =>
    Object.keys(manifest.exports ?? {}).map((entry) => manifest.name + entry.slice(1))
  )
  const imports = entries.map((entry, index) => `export * as entry${index} from '${entry}'`)
  await writeFile(join(folder, 'types.mts'), `${imports.join('\n')}\n`)
  const tsconfig = {
    compilerOptions: {
      target: 'es2023',
      lib: ['es2023', 'esnext.disposable'],
      module: 'nodenext',
      strict: true,
      exactOptionalPropertyTypes: true,
      // Our declarations are what is checked here.
      skipLibCheck: false,
      noEmit: true,
      types: ['node']
    },
    files: ['types.mts']
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
  const problems: string[] = []
  for (const [name, version] of Object.entries(compilers)) {
    const tsc = join(folder, `node_modules/typescript-${name}/bin/tsc`)
    const { exitCode, stdout } = await runCommand(
      process.execPath,
      [tsc, '-p', '.', '--pretty', 'false'],
      folder
    )
    console.log(
      `${exitCode === 0 ? 'ok    ' : 'FAILED'}  types of ${entries.length} entries in TypeScript ${version}`
    )
    if (exitCode !== 0) problems.push(`TypeScript ${version}:\n${stdout}`)
  }
  return problems
}
