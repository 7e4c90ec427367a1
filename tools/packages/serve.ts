/**
 * `pnpm registry`: builds and packs the packages and serves them as an npm registry on this machine, for as long
 * as they are not on npm. Ends by Ctrl-C.
 */

import { join } from 'node:path'
import { packPackages } from './pack.ts'
import { scopeSetting, startRegistry } from './registry.ts'

const root = join(import.meta.dirname, '../..')
const port = Number(process.env['PORT'] ?? 4873)

const packages = await packPackages(root, join(root, '.tmp/packed'))
const { url } = await startRegistry(packages, port)
for (const { manifest, bytes } of packages) {
  console.log(`${manifest.name}@${manifest.version}  ${(bytes / 1024).toFixed(1)} KiB`)
}
console.log(`\nServed at ${url}. In the folder that is to use them:\n`)
console.log(`  echo '${scopeSetting}=${url}' > .npmrc`)
