import { NetworkError } from './errors.ts'
import { methodProxy } from './method-proxy.ts'

/** The methods of `T`, as a caller elsewhere sees them: all asynchronous. */
export type Remote<T> = {
  readonly [K in keyof T as T[K] extends (...args: never[]) => unknown ? K : never]: T[K] extends (
    ...args: infer A
  ) => infer R
    ? (...args: A) => Promise<Awaited<R>>
    : never
}

/** Sends one request; what references and connections do. */
export type SendRequest = (operation: string, data: unknown) => Promise<unknown>

/**
 * A proxy whose method calls become requests: `method(a, b)` is `request('Interface.method', [a, b])`, or
 * `request('method', [a, b])` without an interface name.
 */
export function castRequests<T>(request: SendRequest, interfaceName?: string): Remote<T> {
  return methodProxy((method) => {
    const operation = operationName(interfaceName, method)
    return (...args: unknown[]) => request(operation, args)
  }) as Remote<T>
}

/**
 * The container's side of {@link castRequests}: turns such requests into calls of `implementation`.
 *
 * @returns a function for a container's `request`; it answers `undefined` for an operation that is not of this
 * interface, so that several can be tried in turn
 *
 * @example
 * ```ts
 * import { interfaceHandler } from '@hcengineering/network-core'
 *
 * const calculator = { add: (a: number, b: number) => a + b }
 * const handle = interfaceHandler(calculator, 'Calculator')
 *
 * export async function request(operation: string, data?: unknown): Promise<unknown> {
 *   const call = handle(operation, data)
 *   if (call === undefined) throw new Error(`unknown operation ${operation}`)
 *   return await call()
 * }
 * ```
 */
export function interfaceHandler(
  implementation: object,
  interfaceName?: string
): (operation: string, data: unknown) => (() => Promise<unknown>) | undefined {
  const prefix = interfaceName === undefined ? '' : `${interfaceName}.`
  return (operation, data) => {
    if (!operation.startsWith(prefix)) return undefined
    const method = findMethod(implementation, operation.slice(prefix.length))
    if (method === undefined) return undefined
    return async () => {
      if (!Array.isArray(data)) {
        throw new NetworkError('INVALID_ARGUMENT', `'${operation}' takes a list of arguments`)
      }
      return method.apply(implementation, data)
    }
  }
}

function operationName(interfaceName: string | undefined, method: string): string {
  return interfaceName === undefined ? method : `${interfaceName}.${method}`
}

/** Only what the implementation itself declares: never `constructor`, nor what every object has. */
function findMethod(implementation: object, name: string): ((...args: unknown[]) => unknown) | undefined {
  for (
    let holder: object | null = implementation;
    holder !== null && holder !== Object.prototype;
    holder = Object.getPrototypeOf(holder) as object | null
  ) {
    const value: unknown = Object.getOwnPropertyDescriptor(holder, name)?.value
    if (typeof value === 'function' && name !== 'constructor') return value as (...args: unknown[]) => unknown
  }
  return undefined
}
