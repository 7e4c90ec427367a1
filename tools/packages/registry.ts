import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename } from 'node:path'
import type { PackedPackage } from './pack.ts'

/** A registry that runs. */
export interface Registry extends AsyncDisposable {
  readonly url: string
}

/**
 * Serves packed packages as an npm registry: just what `npm install` reads, and nothing else. Everything that is
 * not of this repository comes from npm as ever, when only our scope leads here.
 */
export async function startRegistry(packages: readonly PackedPackage[], port: number): Promise<Registry> {
  const server = createServer()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://localhost:${(server.address() as AddressInfo).port}`
  await serve(server, packages, url)
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    }
  }
}

async function serve(server: Server, packages: readonly PackedPackage[], url: string): Promise<void> {
  const answers = new Map<string, { readonly type: string; readonly body: Buffer | string }>()
  for (const { manifest, tarball } of packages) {
    const { name, version } = manifest
    const body = await readFile(tarball)
    const path = `/-/${basename(tarball)}`
    const integrity = `sha512-${createHash('sha512').update(body).digest('base64')}`
    const released = { ...manifest, dist: { tarball: `${url}${path}`, integrity } }
    answers.set(path, { type: 'application/octet-stream', body })
    answers.set(`/${name}`, {
      type: 'application/json',
      body: JSON.stringify({ name, 'dist-tags': { latest: version }, versions: { [version]: released } })
    })
  }
  server.on('request', (request, response) => {
    // A scoped name comes with its slash escaped.
    const answer = answers.get((request.url ?? '').replace(/%2f/i, '/'))
    if (answer === undefined || request.method !== 'GET') response.writeHead(404).end('{}')
    else response.writeHead(200, { 'content-type': answer.type }).end(answer.body)
  })
}

/** The setting that leads our scope to a registry: for `.npmrc`, or as a variable with `npm_config_` before it. */
export const scopeSetting = '@hcengineering:registry'
