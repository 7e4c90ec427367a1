import type { Page } from '@hcengineering/network-pod'
import { NetworkError } from '@hcengineering/network-core'
import type { z } from 'zod'
import { readEvents, type AdminEvent } from './event-stream.ts'
import { actionResult, errorView, pageOf } from './schemas.ts'

/** How the tool reaches an admin API. */
export interface AdminClientOptions {
  /** `http://host:port`, without a slash at its end. */
  readonly address: string
  readonly token?: string | undefined
  /** Ends what is under way. */
  readonly signal?: AbortSignal | undefined
}

const answerTimeoutMs = 5000
const answerBytesMax = 64 * 1024 * 1024
const pageItems = 500
const tokenHint = 'the admin token is given by --admin-token-file FILE or ADMIN_TOKEN'

type Query = Readonly<Record<string, string | number | undefined>>

/** Asks the admin API of a coordinator. What goes wrong is a `NetworkError` that says where, and what to do. */
export class AdminClient {
  readonly address: string
  readonly #token: string | undefined
  readonly #signal: AbortSignal | undefined

  constructor({ address, token, signal }: AdminClientOptions) {
    this.address = address
    this.#token = token
    this.#signal = signal
  }

  /**
   * Reads one resource.
   *
   * @throws NetworkError `CONNECTION_TIMEOUT` when nobody answers, `INVALID_MESSAGE` when what answers is no admin
   * API, or what the API says
   */
  async get<T>(path: string, schema: z.ZodType<T>, query: Query = {}): Promise<T> {
    const response = await this.#fetch('GET', path, query, this.#deadline())
    return this.#parse(path, await this.#body(response), schema)
  }

  /** Reads a list to its end, page by page; `heard` tells how far it is. */
  async list<T>(
    path: string,
    item: z.ZodType<T>,
    options: { query?: Query; limit?: number; heard?: (items: number, total: number) => void } = {}
  ): Promise<T[]> {
    const page = pageOf(item)
    const items: T[] = []
    const limit = options.limit ?? Number.POSITIVE_INFINITY
    for (;;) {
      const wanted = Math.min(pageItems, limit - items.length)
      const query = { ...options.query, offset: items.length, limit: wanted }
      const read: Page<T> = await this.get(path, page, query)
      items.push(...read.items)
      options.heard?.(items.length, read.total)
      // A page without items ends it, too: the list may have become shorter meanwhile.
      if (read.items.length === 0 || items.length >= Math.min(limit, read.total)) return items
    }
  }

  /** Has something done. */
  async act(path: string): Promise<void> {
    const response = await this.#fetch('POST', path, {}, this.#deadline())
    this.#parse(path, await this.#body(response), actionResult)
  }

  /** Hears events until `signal` is aborted, or the connection ends. */
  async *events(query: Query, signal: AbortSignal): AsyncGenerator<AdminEvent> {
    const path = '/api/events'
    const response = await this.#fetch('GET', path, query, signal)
    if (!response.ok) await this.#body(response)
    if (
      response.body === null ||
      response.headers.get('content-type')?.startsWith('text/event-stream') !== true
    )
      throw this.#stranger(`${path} is no stream of events`)
    try {
      yield* readEvents(response.body, (what) => this.#stranger(`${path}: ${what}`))
    } catch (error) {
      if (signal.aborted) return
      throw error instanceof NetworkError ? error : this.#unreachable(error)
    }
  }

  #deadline(): AbortSignal {
    const deadline = AbortSignal.timeout(answerTimeoutMs)
    return this.#signal === undefined ? deadline : AbortSignal.any([deadline, this.#signal])
  }

  async #fetch(method: 'GET' | 'POST', path: string, query: Query, signal: AbortSignal): Promise<Response> {
    const url = new URL(this.address + path)
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.append(name, String(value))
    const headers = this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }
    try {
      // Not followed: the token is for this address alone.
      return await fetch(url, { method, headers, signal, redirect: 'error' })
    } catch (error) {
      throw this.#unreachable(error)
    }
  }

  async #body(response: Response): Promise<unknown> {
    let text: string
    try {
      text = await boundedText(response)
    } catch (error) {
      throw error instanceof NetworkError ? error : this.#unreachable(error)
    }
    let body: unknown
    try {
      body = JSON.parse(text)
    } catch {
      throw this.#stranger(`it answers with ${response.status} and no JSON`)
    }
    if (response.ok) return body
    const { data } = errorView.safeParse(body)
    if (data === undefined) throw this.#stranger(`it answers with ${response.status}`)
    const { code, message } = data.error
    const needsToken = response.status === 401 || response.status === 403
    throw new NetworkError(code, needsToken ? `${message} (${tokenHint})` : message)
  }

  #parse<T>(path: string, body: unknown, schema: z.ZodType<T>): T {
    const result = schema.safeParse(body)
    if (result.success) return result.data
    const [issue] = result.error.issues
    throw this.#stranger(`${path}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`)
  }

  #unreachable(error: unknown): NetworkError {
    return new NetworkError(
      'CONNECTION_TIMEOUT',
      `no admin API answers at ${this.address}: ${describeFailure(error)}. It is the coordinator's, and listens ` +
        'on its own machine only unless told otherwise. Another address is given by --admin http://host:port or ADMIN.',
      { cause: error }
    )
  }

  #stranger(what: string): NetworkError {
    return new NetworkError(
      'INVALID_MESSAGE',
      `what answers at ${this.address} is no admin API that this version understands: ${what}`
    )
  }
}

/** What a program of the system or of HTTP says, in words. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `no answer within ${answerTimeoutMs / 1000} s`
  const { cause } = error
  // With two addresses of one name there are two causes; the first tells enough.
  const inner: unknown = cause instanceof AggregateError ? cause.errors[0] : cause
  const code = (inner as { code?: unknown } | undefined)?.code
  if (code === 'ECONNREFUSED') return 'the connection is refused'
  if (code === 'ENOTFOUND') return 'there is no such host'
  if (code === 'ECONNRESET' || code === 'UND_ERR_SOCKET') return 'the connection was cut'
  return inner instanceof Error && inner.message !== '' ? inner.message : error.message
}

async function boundedText(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let bytes = 0
  let text = ''
  const body: AsyncIterable<Uint8Array> | null = response.body
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength
    if (bytes > answerBytesMax)
      throw new NetworkError('MESSAGE_TOO_LARGE', `an answer of more than ${answerBytesMax} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}
