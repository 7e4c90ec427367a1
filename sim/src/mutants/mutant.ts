/** A fault of our own making, put into the product from outside. */
export interface Mutant {
  readonly name: string
  /** The sentence that it makes untrue. */
  readonly breaks: string
  /** The runs that can show it. @default whatever the seed draws */
  readonly mode?: 'heal' | 'core'
  /** Puts it in; returns what takes it out again. */
  readonly install: () => () => void
}

/** What can be called as a method of a class. */
type Methods = Record<string, (...args: never[]) => unknown>

/**
 * Replaces a method of a class until the result is called. Private ones can be named, too: a mutant knows what it
 * mutates.
 */
export function replace<T extends object>(
  of: { readonly prototype: T },
  method: string,
  by: (original: (...args: never[]) => unknown) => (this: T, ...args: never[]) => unknown
): () => void {
  const methods = of.prototype as unknown as Methods
  const original = methods[method]
  if (original === undefined) throw new Error(`there is no method '${method}' to replace`)
  methods[method] = by(original)
  return () => {
    methods[method] = original
  }
}
