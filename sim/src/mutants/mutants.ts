/** A fault of our own making, put into the product from outside. */
export interface Mutant {
  readonly name: string
  /** What it makes untrue. */
  readonly breaks: string
  /** Puts it in; returns what takes it out again. */
  readonly install: () => () => void
}

export const mutants: readonly Mutant[] = []

/** Runs something with a mutant in place. */
export async function withMutant<T>(name: string, run: () => Promise<T>): Promise<T> {
  const mutant = mutants.find((known) => known.name === name)
  if (mutant === undefined) throw new Error(`there is no mutant '${name}'`)
  const takeOut = mutant.install()
  try {
    return await run()
  } finally {
    takeOut()
  }
}
