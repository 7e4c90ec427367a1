/**
 * `pnpm check:packages`: packs the packages as they would be published, looks at the tarballs with publint and
 * attw, installs them into an empty project, and uses them there: from ESM and CommonJS on each Node that is
 * supported, and with each TypeScript. `--record` writes down the sizes instead of comparing them.
 */

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { runCommand } from '../command.ts'
import { compileWithEach, installConsumer, runOnEachNode } from './consumer.ts'
import { packPackages, type PackedPackage } from './pack.ts'
import { startRegistry } from './registry.ts'
import { compareSizes, recordSizes, type Sizes } from './sizes.ts'

const root = join(import.meta.dirname, '../..')
const sizesFile = join(import.meta.dirname, 'sizes.json')
const problems: string[] = []

/** What publint has to say of a tarball. */
async function lint({ manifest, tarball }: PackedPackage): Promise<string[]> {
  const buffer = await readFile(tarball)
  const { messages, pkg } = await publint({
    pack: { tarball: new Uint8Array(buffer).buffer },
    level: 'warning',
    strict: true
  })
  return messages.map((message) => `${manifest.name}: ${formatMessage(message, pkg, { color: false })}`)
}

/** What attw has to say: do types and code lead to the same, for whoever imports or requires them? */
async function matchTypes({ manifest, tarball }: PackedPackage): Promise<string[]> {
  const attw = join(root, 'node_modules/.bin/attw')
  const { exitCode, stdout, stderr } = await runCommand(
    attw,
    [tarball, '--profile', 'esm-only', '--no-color', '--no-emoji'],
    root
  )
  return exitCode === 0 ? [] : [`${manifest.name}: attw\n${stdout}${stderr}`]
}

const packages = await packPackages(root, join(root, '.tmp/packed'))
for (const item of packages) {
  const found = [...(await lint(item)), ...(await matchTypes(item))]
  const { name, version } = item.manifest
  console.log(`${found.length === 0 ? 'ok    ' : 'FAILED'}  ${name}@${version}, ${item.bytes} bytes`)
  problems.push(...found)
}

if (process.argv.includes('--record')) await writeFile(sizesFile, recordSizes(packages))
else problems.push(...compareSizes(packages, JSON.parse(await readFile(sizesFile, 'utf8')) as Sizes))

await using registry = await startRegistry(packages, 0)
const consumer = await installConsumer(join(root, '.tmp/consumer'), packages, registry.url)
problems.push(...(await runOnEachNode(consumer)), ...(await compileWithEach(consumer)))

for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
else console.log(`packages: ${packages.length} are fit to be published`)
