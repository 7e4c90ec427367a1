import type { Check, Handlers, Observation, Report } from './observation.ts'

interface Made {
  readonly agent: string
  readonly containerKind: string
  readonly labels: readonly string[]
}

type Asked = Extract<Observation, { readonly kind: 'held' }>['asked']

/** What is asked for without a uuid bears all labels, and none if none were named. */
function isWanted({ containerKind, labels }: Made, asked: Asked): boolean {
  if (containerKind !== asked.kind) return false
  if (asked.uuid !== undefined) return true
  return asked.labels === undefined
    ? labels.length === 0
    : asked.labels.every((label) => labels.includes(label))
}

/** So long without a fault, and a client was certainly heard, and its references are known. */
const calmMs = 8000
/** A reference that is this old is no news to a coordinator. */
const knownMs = 3000

/** I4: what a live client refers to stays. I9: a get returns what was asked for. */
export class References implements Check {
  readonly #report: Report
  /** By uuid: a name can be chosen twice, and then one of the two never serves. */
  readonly #made = new Map<string, Made[]>()
  readonly #disturbedAt = new Map<string, number>()
  /** By uuid: who holds it, as what, and since when. */
  readonly #held = new Map<string, Map<string, { client: string; kind: string; since: number }>>()

  constructor(report: Report) {
    this.#report = report
  }

  readonly on: Handlers = {
    made: (seen) => {
      this.#made.set(seen.uuid, [...(this.#made.get(seen.uuid) ?? []), seen])
    },
    held: ({ uuid, client, reference, asked }, at) => {
      this.#isWhatWasAskedFor(client, uuid, asked)
      const holders =
        this.#held.get(uuid) ?? new Map<string, { client: string; kind: string; since: number }>()
      holders.set(reference, { client, kind: asked.kind, since: at })
      this.#held.set(uuid, holders)
    },
    released: ({ reference }) => {
      for (const holders of this.#held.values()) holders.delete(reference)
    },
    unused: ({ uuid, agent }, at) => this.#endedAsUnused(uuid, agent, at),
    disturbed: ({ process, faults }, at) => {
      this.#disturbedAt.set(process, faults > 0 ? Infinity : at)
    },
    started: ({ process }, at) => this.#touch(process, at),
    continued: ({ process }, at) => this.#touch(process, at),
    killed: ({ process }, at) => {
      this.#touch(process, at)
      for (const holders of this.#held.values()) {
        for (const [reference, { client }] of holders) if (client === process) holders.delete(reference)
      }
    }
  }

  #isWhatWasAskedFor(client: string, uuid: string, asked: Asked): void {
    const made = this.#made.get(uuid) ?? []
    if (asked.uuid !== undefined && asked.uuid !== uuid) {
      this.#report('I9', `${client} asked for ${asked.uuid} and got ${uuid}`)
    } else if (!made.some((one) => isWanted(one, asked))) {
      const what = made
        .map(({ containerKind, labels }) => `a ${containerKind} with [${labels.join()}]`)
        .join(' or ')
      this.#report('I9', `${client} asked for ${JSON.stringify(asked)} and got ${uuid}, ${what}`)
    }
  }

  #endedAsUnused(uuid: string, agent: string, at: number): void {
    if (!this.#isCalm('coordinator', at)) return
    const made = this.#made.get(uuid) ?? []
    const ended = made.findLast((one) => one.agent === agent)
    // One that was stopped may hear late of an end: who refers to this name, refers to what was made since.
    if (ended !== made.at(-1)) return
    for (const { client, kind, since } of this.#held.get(uuid)?.values() ?? []) {
      // A name can have become one of another kind: who held the one does not hold the other.
      if (kind !== ended?.containerKind || at - since < knownMs || !this.#isCalm(client, at)) continue
      this.#report('I4', `${uuid} is ended as unused, and ${client} refers to it`)
    }
  }

  #touch(process: string, at: number): void {
    this.#disturbedAt.set(process, Math.max(this.#disturbedAt.get(process) ?? 0, at))
  }

  #isCalm(process: string, at: number): boolean {
    return at - (this.#disturbedAt.get(process) ?? -Infinity) > calmMs
  }
}
