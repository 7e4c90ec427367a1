import { readFileSync } from 'node:fs'

/** The version of this package: its manifest lies beside `src` and `dist` alike. */
export function toolVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return manifest.version
}
