import { createHash, timingSafeEqual } from 'node:crypto'
import { isIPv4 } from 'node:net'
import { NetworkError } from '@hcengineering/network-core'

/** Who may use an address of the admin server. */
export type Access =
  /** Everybody who reaches it. */
  | 'open'
  /** Everybody on this machine, if that is where the server listens; elsewhere, who has the token. */
  | 'read'
  /** Who has the token. */
  | 'act'

/** What a request says of itself. */
export interface Credentials {
  /** The header `Host`. */
  readonly host: string | undefined
  /** The header `Authorization`. */
  readonly authorization: string | undefined
}

/** Whether this address is reached from this machine only. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase()
  return (
    name === 'localhost' || name === '::1' || name === '[::1]' || (isIPv4(name) && name.startsWith('127.'))
  )
}

/** Decides who may do what on the admin server. */
export class AccessRules {
  readonly tokenConfigured: boolean
  private readonly isLocal: boolean
  private readonly tokenDigest: Buffer | undefined

  /** @param host where the server listens */
  constructor(host: string, token: string | undefined) {
    this.isLocal = isLoopback(host)
    this.tokenConfigured = token !== undefined
    this.tokenDigest = token === undefined ? undefined : digestOf(token)
  }

  /** @throws NetworkError `FORBIDDEN`, `UNAUTHENTICATED` */
  check(access: Access, credentials: Credentials): void {
    // A page of some other site whose name resolves to this machine must not pass for one of ours.
    if (this.isLocal && !isOwnName(credentials.host)) {
      throw new NetworkError('FORBIDDEN', 'this server is reached as localhost only')
    }
    if (access === 'open' || (access === 'read' && this.isLocal)) return
    if (!this.tokenConfigured) {
      throw new NetworkError('FORBIDDEN', 'no admin token is configured: nobody may do this')
    }
    if (access === 'act' ? this.mayAct(credentials) : this.mayRead(credentials)) return
    throw new NetworkError('UNAUTHENTICATED', 'the admin token is missing or wrong')
  }

  /** Whether this bears the admin token as a program sends it. */
  mayAct({ authorization }: Credentials): boolean {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
    return token !== undefined && this.isToken(token)
  }

  /**
   * A browser asks for a password and sends it along with whatever it loads, so it may be the token for reading.
   * Not for acting: a foreign page could make the browser do so.
   */
  private mayRead(credentials: Credentials): boolean {
    if (this.mayAct(credentials)) return true
    const encoded = /^Basic +(\S+)$/i.exec(credentials.authorization ?? '')?.[1]
    if (encoded === undefined) return false
    const [, password] = /^[^:]*:(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? []
    return password !== undefined && this.isToken(password)
  }

  private isToken(candidate: string): boolean {
    // Digests are of one length, so that the comparison takes as long whatever was sent.
    return this.tokenDigest !== undefined && timingSafeEqual(digestOf(candidate), this.tokenDigest)
  }
}

function isOwnName(host: string | undefined): boolean {
  const name = /^(\[[^\]]*\]|[^:]*)(?::\d+)?$/.exec(host ?? '')?.[1]
  return name !== undefined && isLoopback(name)
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
