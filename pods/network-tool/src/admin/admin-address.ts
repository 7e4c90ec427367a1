import { readFile } from 'node:fs/promises'
import { UsageError } from '../usage-error.ts'
import type { AdminClientOptions } from './admin-client.ts'

/** Where a pod's admin API is on the pod's own machine, unless it was told otherwise. */
export const defaultAdmin = 'http://127.0.0.1:3780'

/**
 * How the admin API is reached, by options and environment.
 *
 * @throws UsageError for an address that is none, and a token that cannot be used
 */
export async function resolveAdmin(
  address: string,
  tokenFile: string | undefined,
  environmentToken: string | undefined
): Promise<AdminClientOptions> {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (
    url === undefined ||
    !['http:', 'https:'].includes(url.protocol) ||
    url.username !== '' ||
    url.search !== ''
  ) {
    throw new UsageError(`--admin (or ADMIN) is wrong: it must be http://host:port, got '${address}'`)
  }
  return {
    address: url.origin + url.pathname.replace(/\/+$/, ''),
    token: tokenFile === undefined ? usable(environmentToken, 'ADMIN_TOKEN') : await readToken(tokenFile)
  }
}

async function readToken(path: string): Promise<string> {
  let content: string
  try {
    content = await readFile(path, 'utf8')
  } catch (error) {
    throw new UsageError(`--admin-token-file cannot be read: ${(error as Error).message}`)
  }
  const token = usable(content, `--admin-token-file ${path}`)
  if (token === undefined) throw new UsageError(`--admin-token-file ${path} is empty`)
  return token
}

/** Text with anything else in it cannot be a header, and is never the whole of a token. */
function usable(text: string | undefined, source: string): string | undefined {
  const token = text?.trim()
  if (token === undefined || token === '') return undefined
  if (!/^[\u0021-\u007e]+$/.test(token))
    throw new UsageError(`${source}: a token is one word of printable ASCII characters`)
  return token
}
