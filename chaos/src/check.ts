import type { Asked, Dispatched, Handled, Line, Settled } from './history.ts'

/** What should not have happened, and the lines that show it. */
export interface Violation {
  readonly invariant: 'I1' | 'I2' | 'I7' | 'I8'
  readonly what: string
  readonly lines: readonly Line[]
}

/** How late a request may settle: the processes share a busy machine. */
const settleSlackMs = 1000

/**
 * Holds a history of a whole run against what the network guarantees.
 *
 * - I1: dispatches to, and answers of, different instances of a uuid do not overlap.
 * - I2: the tokens under which a uuid is served only grow.
 * - I7: every request settles once, by its deadline.
 * - I8: a request that is not idempotent is dispatched at most once; one that was answered was dispatched, to
 *   the instance that answered; one of which an error says that it did not run was not.
 *
 * A request of a client that was killed need not settle.
 */
export function check(history: readonly Line[]): Violation[] {
  const dispatches = new Map<string, Dispatched[]>()
  const byUuid = new Map<string, Dispatched[]>()
  const handled = new Map<string, Handled>()
  const asked: Asked[] = []
  const settled = new Map<string, Settled[]>()
  const goneAt = new Map<string, number>()
  for (const line of history) {
    switch (line.kind) {
      case 'dispatched':
        append(dispatches, line.request, line)
        append(byUuid, line.uuid, line)
        break
      case 'handled':
        handled.set(`${line.request} ${line.instance}`, line)
        break
      case 'asked':
        asked.push(line)
        break
      case 'settled':
        append(settled, line.request, line)
        break
      case 'clientGone':
        goneAt.set(line.client, line.at)
        break
    }
  }
  const violations: Violation[] = []
  for (const served of byUuid.values()) {
    violations.push(...checkActivations({ served, handled, settled }))
  }
  for (const request of asked) {
    const settles = settled.get(request.request) ?? []
    if (!goneAt.has(request.client)) violations.push(...checkSettled(request, settles))
    if (request.via === 'get') continue
    violations.push(...checkDispatched(request, settles, dispatches.get(request.request) ?? []))
  }
  return violations
}

interface Activations {
  /** All dispatches of one uuid. */
  readonly served: readonly Dispatched[]
  readonly handled: ReadonlyMap<string, Handled>
  readonly settled: ReadonlyMap<string, readonly Settled[]>
}

/** I1 and I2 of one uuid: walks through its dispatches by time, and remembers the newest activation. */
function checkActivations({ served, handled, settled }: Activations): Violation[] {
  const violations: Violation[] = []
  const ordered = served.toSorted((one, other) => one.at - other.at)
  const first = ordered[0]
  if (first === undefined) return violations
  let newest = first
  /** The last answers that left earlier instances, with their dispatches. */
  let lastAnswer: { line: Handled; instance: string } | undefined
  const answers = new Map<string, Handled>()
  for (const line of ordered) {
    const order = compare(line.token, newest.token)
    if (order < 0) {
      const invariant = line.instance === newest.instance ? 'I2' : 'I1'
      const what = `${line.uuid} was handed a request under an older token than before`
      violations.push({ invariant, what, lines: [newest, line] })
    } else if (order === 0 && line.instance !== newest.instance) {
      violations.push({
        invariant: 'I1',
        what: `${line.uuid}: two instances share a token`,
        lines: [newest, line]
      })
    } else if (order > 0) {
      if (line.instance !== newest.instance) lastAnswer = latest(answers, line.instance) ?? lastAnswer
      newest = line
    }
    // An answer that has left was handled first: it cannot have left before that.
    const end = handled.get(`${line.request} ${line.instance}`)
    if (end !== undefined && wasAnswered(settled.get(line.request), line.instance)) {
      const before = answers.get(line.instance)
      if (before === undefined || before.at < end.at) answers.set(line.instance, end)
    }
    if (lastAnswer !== undefined && lastAnswer.instance !== line.instance && lastAnswer.line.at > line.at) {
      const what = `an earlier instance of ${line.uuid} answered after a later one was handed a request`
      violations.push({ invariant: 'I1', what, lines: [line, lastAnswer.line] })
      lastAnswer = undefined
    }
  }
  return violations
}

function latest(
  answers: ReadonlyMap<string, Handled>,
  except: string
): { line: Handled; instance: string } | undefined {
  let last: Handled | undefined
  for (const [instance, line] of answers) {
    if (instance !== except && (last === undefined || last.at < line.at)) last = line
  }
  return last === undefined ? undefined : { line: last, instance: last.instance }
}

function wasAnswered(settles: readonly Settled[] | undefined, instance: string): boolean {
  return settles?.some(({ outcome }) => outcome.kind === 'ok' && outcome.instance === instance) ?? false
}

function checkSettled(request: Asked, settles: readonly Settled[]): Violation[] {
  const [settle, ...more] = settles
  const lines = [request, ...settles]
  if (settle === undefined) return [{ invariant: 'I7', what: 'a request never settled', lines }]
  if (more.length > 0) return [{ invariant: 'I7', what: 'a request settled more than once', lines }]
  const lateMs = settle.at - request.deadline
  if (lateMs <= settleSlackMs) return []
  return [{ invariant: 'I7', what: `a request settled ${Math.round(lateMs)} ms after its deadline`, lines }]
}

function checkDispatched(
  request: Asked,
  settles: readonly Settled[],
  dispatches: readonly Dispatched[]
): Violation[] {
  const violations: Violation[] = []
  const lines = [request, ...settles, ...dispatches]
  const add = (what: string): void => void violations.push({ invariant: 'I8', what, lines })
  if (dispatches.length > 1 && !request.idempotent) add(`a request ran ${dispatches.length} times`)
  if (dispatches.some(({ uuid }) => uuid !== request.uuid)) add('a request ran in another container')
  for (const { outcome } of settles) {
    if (outcome.kind === 'ok') {
      if (outcome.request !== request.request) add('a request got the answer to another one')
      else if (!dispatches.some(({ instance }) => instance === outcome.instance)) {
        add('an answer came from where the request did not run')
      }
    } else if (outcome.retryable && !outcome.outcomeUnknown && dispatches.length > 0) {
      add(`a request ran, though ${outcome.code} says that it did not`)
    }
  }
  return violations
}

function compare(one: Dispatched['token'], other: Dispatched['token']): number {
  return one[0] - other[0] || one[1] - other[1]
}

function append<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}
