import { glob, mkdir, readFile, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { runCommand } from '../command.ts'

/** The part of a package's manifest that matters here; the rest passes through. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly exports?: Readonly<Record<string, unknown>>
  readonly [field: string]: unknown
}

/** A package as it would be published. */
export interface PackedPackage {
  /** Its folder in the repository. */
  readonly folder: string
  /** The manifest within the tarball: `workspace:` and `catalog:` are replaced there. */
  readonly manifest: Manifest
  /** Path of the tarball. */
  readonly tarball: string
  readonly bytes: number
}

/** Compiles the packages and packs those that are published, into a folder that is emptied first. */
export async function packPackages(root: string, into: string): Promise<PackedPackage[]> {
  await mustSucceed('node_modules/.bin/tsc', ['-b'], root)
  await rm(into, { recursive: true, force: true })
  await mkdir(into, { recursive: true })
  const packed: PackedPackage[] = []
  for (const folder of await publishedFolders(root)) {
    const [pnpm, ...before] = pnpmCommand()
    const pack = [...before, 'pack', '--json', '--pack-destination', into]
    const output = await mustSucceed(pnpm, pack, join(root, folder))
    const { filename } = JSON.parse(output.slice(output.indexOf('{'))) as { filename: string }
    const tarball = join(into, basename(filename))
    const manifest = await mustSucceed('tar', ['-xzOf', tarball, 'package/package.json'], root)
    const { size } = await stat(tarball)
    packed.push({ folder, manifest: JSON.parse(manifest) as Manifest, tarball, bytes: size })
  }
  return packed
}

/** The folders of packages that are not private, in order. */
export async function publishedFolders(root: string): Promise<string[]> {
  const folders: string[] = []
  for await (const path of glob('{packages,pods}/*/package.json', { cwd: root })) {
    const manifest = JSON.parse(await readFile(join(root, path), 'utf8')) as Manifest
    if (manifest.private !== true) folders.push(dirname(path))
  }
  return folders.toSorted()
}

/** Runs a command and returns what it printed; throws with all that it said if it fails. */
export async function mustSucceed(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {}
): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand(command, args, cwd, { env, timeoutMs: 300_000 })
  if (exitCode === 0) return stdout
  throw new Error(`${command} ${args.join(' ')} ended with ${exitCode}\n${stdout}${stderr}`)
}

/** The pnpm that runs this, or else one from npm. */
function pnpmCommand(): [string, ...string[]] {
  const { npm_execpath: path = '' } = process.env
  return basename(path).startsWith('pnpm') ? [path] : ['npx', '-y', 'pnpm@12']
}
