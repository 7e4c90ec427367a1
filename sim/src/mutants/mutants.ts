import { agentMutants } from './agent-mutants.ts'
import { coordinatorMutants } from './coordinator-mutants.ts'
import type { Mutant } from './mutant.ts'
import { recoveryMutants } from './recovery-mutants.ts'
import { sessionMutants } from './session-mutants.ts'

export const mutants: readonly Mutant[] = [
  ...agentMutants,
  ...coordinatorMutants,
  ...recoveryMutants,
  ...sessionMutants
]

/** @throws when there is none of that name */
export function mutantOf(name: string): Mutant {
  const mutant = mutants.find((known) => known.name === name)
  if (mutant === undefined) {
    throw new Error(`there is no mutant '${name}'; there are: ${mutants.map(({ name }) => name).join(', ')}`)
  }
  return mutant
}

/** Runs something with a mutant in place. */
export async function withMutant<T>(name: string, run: () => Promise<T>): Promise<T> {
  const takeOut = mutantOf(name).install()
  try {
    return await run()
  } finally {
    takeOut()
  }
}
