import type { FinishReason, RequestContext } from '../api/container.ts'
import type { Data } from '../api/data.ts'
import { NetworkError } from '../api/errors.ts'
import type { ClientUuid } from '../api/ids.ts'
import type { Declared, ServiceDeclaration } from '../api/service.ts'
import { checkWith, type AnySchema, type SchemaResult } from '../api/standard-schema.ts'
import type { ContainerLogic } from './container-base.ts'

type Handler = (data: unknown, context: RequestContext) => unknown
type StreamServer = (data: unknown, context: RequestContext) => AsyncIterable<unknown>

/** The handlers of a service, as they are called: their types are the declaration's, and looked at by the compiler. */
export interface UntypedHandlers {
  readonly operations?: object | undefined
  readonly streams?: object | undefined
  connected?(clientId: ClientUuid): void | Promise<void>
  disconnected?(clientId: ClientUuid): void | Promise<void>
  health?(): void | Promise<void>
  idle?(): void | Promise<void>
  finish?(reason: FinishReason): void | Promise<void>
  snapshot?(): unknown
  restore?(snapshot: never): void
  terminate?(): void | Promise<void>
}

/** Makes the logic of a container from the handlers of a service: each request goes to the one of its name. */
export function serviceLogic(declaration: ServiceDeclaration, handlers: UntypedHandlers): ContainerLogic {
  const operations = handlersOf<Handler>(declaration.operations, handlers.operations, 'operation')
  const streams = handlersOf<StreamServer>(declaration.streams, handlers.streams, 'stream')
  return {
    request: (operation, data: unknown, context) => {
      const { schema, handle } = operations(operation)
      if (schema === undefined) return handle(data, context)
      const received = checkWith(schema, data, `'${operation}'`)
      return received instanceof Promise
        ? received.then((value) => handle(value, context))
        : handle(received, context)
    },
    ...(declaration.streams !== undefined && {
      stream: (operation: string, data: unknown, context: RequestContext) => {
        const { schema, handle } = streams(operation)
        const received = schema === undefined ? data : checkWith(schema, data, `'${operation}'`)
        return received instanceof Promise ? serveOnce(received, handle, context) : handle(received, context)
      }
    }),
    ...(handlers.connected !== undefined && {
      connected: (clientId: ClientUuid) => handlers.connected?.(clientId)
    }),
    ...(handlers.disconnected !== undefined && {
      disconnected: (clientId: ClientUuid) => handlers.disconnected?.(clientId)
    }),
    ...(handlers.health !== undefined && { health: () => handlers.health?.() }),
    ...(handlers.idle !== undefined && { idle: () => handlers.idle?.() }),
    ...(handlers.finish !== undefined && { finish: (reason: FinishReason) => handlers.finish?.(reason) }),
    ...(handlers.snapshot !== undefined && { snapshot: () => handlers.snapshot?.() }),
    ...(handlers.restore !== undefined && {
      restore: (snapshot: Data) => {
        const read = readSnapshot(declaration, snapshot)
        // What has to be waited for comes too late for a standby that serves at once.
        if (read !== undefined && !(read instanceof Promise)) handlers.restore?.(read as never)
      }
    }),
    ...(handlers.terminate !== undefined && { terminate: () => handlers.terminate?.() })
  }
}

/**
 * What a container may read of a snapshot; nothing if its schema refuses it: an activation of an older version may have
 * made it, and one without it can always be started.
 */
export function readSnapshot(declaration: ServiceDeclaration, snapshot: unknown): unknown {
  const schema = declaration.snapshot
  if (snapshot === undefined || schema === undefined) return undefined
  const result = schema['~standard'].validate(snapshot) as
    SchemaResult<unknown> | Promise<SchemaResult<unknown>>
  return result instanceof Promise ? result.then(valueOf) : valueOf(result)
}

function valueOf(result: SchemaResult<unknown>): unknown {
  return result.issues === undefined ? result.value : undefined
}

interface Handled<H> {
  readonly schema: AnySchema | undefined
  readonly handle: H
}

/** Finds handlers by name: only what is declared, whatever else the object has. */
function handlersOf<H extends (data: unknown, context: RequestContext) => unknown>(
  declared: Readonly<Record<string, Declared>> | undefined,
  handlers: object | undefined,
  what: string
): (name: string) => Handled<H> {
  const found = new Map<string, Handled<H>>()
  for (const [name, { schema }] of Object.entries(declared ?? {})) {
    const handler: unknown = handlers === undefined ? undefined : Reflect.get(handlers, name)
    if (typeof handler !== 'function') {
      throw new NetworkError('INVALID_CONTAINER', `there is no handler for the ${what} '${name}'`)
    }
    found.set(name, { schema, handle: handler.bind(handlers) as H })
  }
  return (name) => {
    const handled = found.get(name)
    if (handled !== undefined) return handled
    throw new NetworkError('UNKNOWN_OPERATION', `there is no ${what} '${name}'`)
  }
}

/** A stream whose input is still being checked. */
async function* serveOnce(
  received: Promise<unknown>,
  handle: StreamServer,
  context: RequestContext
): AsyncGenerator {
  yield* handle(await received, context)
}
