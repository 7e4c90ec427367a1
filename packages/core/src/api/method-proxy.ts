/** Makes a method of a {@link methodProxy}; undefined for a name that it does not have. */
export type MakeMethod = (name: string) => ((...args: never[]) => unknown) | undefined

/**
 * An object whose methods are made when they are first asked for, and kept: what `cast` and typed references are
 * built on.
 */
export function methodProxy(make: MakeMethod): object {
  const methods = new Map<string, ReturnType<MakeMethod>>()
  return new Proxy(Object.freeze(Object.create(null)) as object, {
    get(_target, property) {
      // A promise that resolves to this proxy asks for `then`: it is a value, not another promise.
      if (typeof property !== 'string' || property === 'then') return undefined
      let method = methods.get(property)
      if (method === undefined) {
        method = make(property)
        if (method !== undefined) methods.set(property, method)
      }
      return method
    }
  })
}
