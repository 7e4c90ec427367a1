import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, sep } from 'node:path'
import fastifyStatic from '@fastify/static'
import { NetworkError } from '@hcengineering/network-core'
import type { FastifyInstance } from 'fastify'

const dashboardPackage = '@hcengineering/network-dashboard'

const notBuilt = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Virtual network</title>
<h1>The dashboard is not built</h1>
<p>This coordinator runs. Build its dashboard with <code>pnpm --filter ${dashboardPackage} build</code>, and start it again.</p>
<p>Meanwhile, the API is there: <a href="/api/overview">overview</a>, <a href="/api/openapi.json">description</a>.</p>
</html>
`

/** Where the built files of the dashboard are; undefined when it is not installed, or not built. */
export function findDashboard(): string | undefined {
  let description: string
  try {
    description = createRequire(import.meta.url).resolve(`${dashboardPackage}/package.json`)
  } catch {
    return undefined
  }
  const folder = join(dirname(description), 'dist')
  return existsSync(join(folder, 'index.html')) ? folder : undefined
}

/** Serves the dashboard's files, and its first page for the addresses that it makes up itself. */
export async function serveDashboard(app: FastifyInstance, folder: string | undefined): Promise<void> {
  if (folder === undefined) {
    app.get('/', { schema: { hide: true } }, (_request, reply) => reply.type('text/html').send(notBuilt))
  } else {
    const hashed = join(folder, 'assets') + sep
    await app.register(fastifyStatic, {
      root: folder,
      cacheControl: false,
      schemaHide: true,
      setHeaders: (reply, path) => {
        // The names of the assets change with their content; all else is asked for each time.
        const isHashed = path.startsWith(hashed)
        reply.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache')
      }
    })
  }
  app.setNotFoundHandler((request, reply) => {
    const [path = ''] = request.url.split('?')
    const isPage = /^\/(?!api\/)[^.]*$/.test(path) && (request.method === 'GET' || request.method === 'HEAD')
    if (isPage && folder !== undefined) return reply.sendFile('index.html')
    throw new NetworkError('NOT_FOUND', `there is nothing at ${path.slice(0, 200)}`)
  })
}
