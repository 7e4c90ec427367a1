import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'vite'

const root = resolve(import.meta.dirname, '..')
const built = join(root, 'dist/index.html')

/** Builds the dashboard unless what is built is newer than all that it is made of. */
export async function ensureBuilt(): Promise<void> {
  const sources = ['src', 'public', 'index.html', 'vite.config.ts'].map((name) => join(root, name))
  if (existsSync(built) && statSync(built).mtimeMs > Math.max(...sources.map(newest))) return
  await build({ root, logLevel: 'error' })
}

function newest(path: string): number {
  const { mtimeMs } = statSync(path)
  if (!statSync(path).isDirectory()) return mtimeMs
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))))
}
