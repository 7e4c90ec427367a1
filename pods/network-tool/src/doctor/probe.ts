import { connect, type Socket } from 'node:net'

/** What a port turned out to be. */
export type Probe =
  | { readonly kind: 'zeromq' }
  | { readonly kind: 'http' }
  /** Takes connections, and says nothing that is known here. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'no-host' }
  | { readonly kind: 'no-answer'; readonly reason: string }

const connectTimeoutMs = 3000
/** A ZeroMQ listener greets first, at once. */
const greetingTimeoutMs = 500
const answerTimeoutMs = 1000
const signatureBytes = 10

/** Finds out what listens at an address: it connects, listens, asks as HTTP would, and leaves. Never throws. */
export async function probePort(host: string, port: number): Promise<Probe> {
  const socket = connect({ host: host.replace(/^\[|\]$/g, ''), port })
  try {
    const failure = await untilConnected(socket)
    if (failure !== undefined) return failure
    const greeting = await firstBytes(socket, greetingTimeoutMs)
    if (isZeromq(greeting)) return { kind: 'zeromq' }
    if (greeting.length > 0) return { kind: 'unknown' }
    socket.write('HEAD / HTTP/1.0\r\n\r\n')
    const answer = await firstBytes(socket, answerTimeoutMs)
    return answer.toString('latin1').startsWith('HTTP/') ? { kind: 'http' } : { kind: 'unknown' }
  } finally {
    socket.destroy()
  }
}

function untilConnected(socket: Socket): Promise<Probe | undefined> {
  return new Promise((resolve) => {
    socket.setTimeout(connectTimeoutMs, () =>
      resolve({ kind: 'no-answer', reason: `no answer within ${connectTimeoutMs / 1000} s` })
    )
    socket.once('connect', () => {
      socket.setTimeout(0)
      resolve(undefined)
    })
    // Stays for the socket's whole life: what goes wrong later is heard as its end.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const [first] = error instanceof AggregateError ? (error.errors as NodeJS.ErrnoException[]) : [error]
      const code = first?.code ?? error.code
      if (code === 'ECONNREFUSED') resolve({ kind: 'refused' })
      else if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') resolve({ kind: 'no-host' })
      else resolve({ kind: 'no-answer', reason: error.message })
    })
  })
}

/** What comes until there is enough to know a protocol by, or nothing for so long. */
function firstBytes(socket: Socket, timeoutMs: number): Promise<Buffer> {
  return new Promise((resolve) => {
    let heard = Buffer.alloc(0)
    const done = (): void => {
      clearTimeout(timer)
      socket.off('data', onData)
      socket.off('close', done)
      resolve(heard)
    }
    const onData = (bytes: Buffer): void => {
      heard = Buffer.concat([heard, bytes])
      if (heard.length >= signatureBytes) done()
    }
    const timer = setTimeout(done, timeoutMs)
    socket.on('data', onData)
    socket.on('close', done)
  })
}

/** The signature by which a connection of ZMTP begins: 0xff, eight bytes, 0x7f. */
function isZeromq(bytes: Buffer): boolean {
  return bytes.length >= signatureBytes && bytes[0] === 0xff && bytes[signatureBytes - 1] === 0x7f
}
