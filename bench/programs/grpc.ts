/** gRPC with @grpc/grpc-js, unary: one file for both ends. */

import { fileURLToPath } from 'node:url'
import {
  credentials,
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type Client,
  type handleUnaryCall,
  type ServiceClientConstructor,
  type ServiceError
} from '@grpc/grpc-js'
import { load as loadProto } from '@grpc/proto-loader'
import type { Figures, Load } from '../src/messages.ts'
import { drive } from './drive.ts'
import { serveCalls } from './program.ts'
import { requireSame, smallObject, type SmallObject } from './small-object.ts'

interface EchoClient extends Client {
  Echo(request: SmallObject, done: (error: ServiceError | null, answer: SmallObject) => void): void
}

let client: EchoClient | undefined

async function loadService(): Promise<ServiceClientConstructor> {
  const definition = await loadProto(fileURLToPath(new URL('../../programs/echo.proto', import.meta.url)))
  const { bench } = loadPackageDefinition(definition) as unknown as {
    bench: { Echo: ServiceClientConstructor }
  }
  return bench.Echo
}

const answer: handleUnaryCall<SmallObject, SmallObject> = (call, done) => {
  done(null, call.request)
}

serveCalls({
  serve: async () => {
    const server = new Server()
    server.addService((await loadService()).service, { Echo: answer })
    return new Promise((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
        if (error === null) resolve({ port })
        else reject(error)
      })
    })
  },
  start: async ({ port }: { port: number }) => {
    const Echo = await loadService()
    client = new Echo(`127.0.0.1:${port}`, credentials.createInsecure()) as unknown as EchoClient
    return {}
  },
  echo: async (load: Load): Promise<Figures> => {
    const from = client
    if (from === undefined) throw new Error('not started')
    return drive(load, async (n) => {
      const answer = await new Promise<SmallObject>((resolve, reject) => {
        from.Echo(smallObject(n), (error, value) => {
          if (error === null) resolve(value)
          else reject(error)
        })
      })
      requireSame(answer, n)
    })
  }
})
