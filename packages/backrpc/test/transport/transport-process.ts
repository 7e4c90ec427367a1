/**
 * A process of its own for the tests, given the name of a transport: `echo` answers until it is killed, `close`
 * closes all it opened.
 */
import type { ConnectionEvents, Transport } from '../../src/transport/port.ts'
import { tcpTransport } from '../../src/transport/tcp/index.ts'
import { zeromqTransport } from '../../src/transport/zeromq/index.ts'

const limits = { messageBytesMax: 1024 * 1024 }
const silent: ConnectionEvents = { received: () => {}, closed: () => {} }

function echo(transport: Transport): void {
  const listener = transport.listen({ host: '*', port: 0 }, limits, (connection) => ({
    received: (message) => connection.send(message),
    closed: () => {}
  }))
  console.log(listener.port)
}

/** Opens one of everything, closes it, and then has nothing left to live for. */
async function close(transport: Transport): Promise<void> {
  const listener = transport.listen({ host: 'localhost', port: 0 }, limits, (connection) => ({
    received: (message) => connection.send(message),
    closed: () => {}
  }))
  await new Promise<void>((resolve) => {
    const connection = transport.dial(`localhost:${listener.port}`, limits, {
      received: () => {
        connection.close()
        resolve()
      },
      closed: () => {}
    })
    connection.send(new Uint8Array(1))
  })
  // One with something left to say, to whom nobody listens any more.
  const last = transport.dial(`localhost:${listener.port}`, limits, silent)
  await listener.close()
  last.send(new Uint8Array(1000))
  last.close()
  console.log('closed')
}

const [, , name, mode] = process.argv
const transport = [tcpTransport, zeromqTransport].find((known) => known.name === name)
if (transport === undefined) throw new Error(`no transport is called ${name}`)
if (mode === 'echo') echo(transport)
else await close(transport)
