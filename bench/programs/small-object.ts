/** The object that every contestant answers: 64 bytes in CBOR. */
export interface SmallObject {
  readonly id: number
  readonly name: string
  readonly roles: readonly string[]
}

const name = 'Ada Lovelace, mathematician'
const roles = ['reader', 'writer'] as const

/** The object of request `n`. */
export function smallObject(n: number): SmallObject {
  return { id: 100_000 + n, name, roles }
}

/** @throws Error unless the answer is the object that was sent */
export function requireSame(answer: SmallObject, n: number): void {
  const same =
    answer.id === 100_000 + n &&
    answer.name === name &&
    answer.roles.length === 2 &&
    answer.roles[0] === roles[0] &&
    answer.roles[1] === roles[1]
  if (!same) throw new Error(`request ${n} was answered with ${JSON.stringify(answer)}`)
}
