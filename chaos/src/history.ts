/**
 * What has happened, as those who took part wrote it down: one JSON line each, written before anything else is
 * done, so that it outlives a SIGKILL. Times are of the machine's monotonic clock, which all processes share.
 */

import { openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** A request was handed to a container. */
export interface Dispatched {
  readonly kind: 'dispatched'
  readonly request: string
  readonly uuid: string
  readonly agent: string
  /** One live container object in one process. */
  readonly instance: string
  /** Epoch and sequence of the activation. */
  readonly token: readonly [epoch: number, sequence: number]
  readonly at: number
}

/** The container has answered; whether that left its agent is another matter. */
export interface Handled {
  readonly kind: 'handled'
  readonly request: string
  readonly instance: string
  readonly at: number
}

/** By a reference, thus through the coordinator; by a connection; or a get, which no container hears of. */
export type Via = 'reference' | 'connection' | 'get'

/** A client makes a request. */
export interface Asked {
  readonly kind: 'asked'
  readonly request: string
  readonly client: string
  readonly uuid: string
  readonly via: Via
  readonly idempotent: boolean
  readonly at: number
  readonly deadline: number
}

/** What came of a request. */
export type Outcome =
  | { readonly kind: 'ok'; readonly request: string; readonly agent: string; readonly instance: string }
  | {
      readonly kind: 'error'
      readonly code: string
      readonly outcomeUnknown: boolean
      readonly retryable: boolean
      readonly message: string
    }

/** A client's request has settled. */
export interface Settled {
  readonly kind: 'settled'
  readonly request: string
  readonly at: number
  readonly outcome: Outcome
}

/** A client's process is gone: nobody waits for its requests any more. Written by the one that killed it. */
export interface ClientGone {
  readonly kind: 'clientGone'
  readonly client: string
  readonly at: number
}

/** One line of a history. */
export type Line = Dispatched | Handled | Asked | Settled | ClientGone

/** Milliseconds of the clock that all processes of this machine share. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** Where one process writes down what happens to it. */
export class HistoryFile {
  private readonly file: number

  /** @param name of its own: a process that is started again has another file */
  constructor(folder: string, name: string) {
    this.file = openSync(join(folder, `${name}.jsonl`), 'a')
  }

  /** Is written when it returns. */
  write(line: Line): void {
    writeSync(this.file, `${JSON.stringify(line)}\n`)
  }
}

/** All that was written in a folder. A last line that was cut short by a SIGKILL is left out. */
export function readHistory(folder: string): Line[] {
  const lines: Line[] = []
  for (const name of readdirSync(folder)) {
    if (!name.endsWith('.jsonl')) continue
    const texts = readFileSync(join(folder, name), 'utf8').split('\n')
    texts.pop()
    for (const text of texts) lines.push(JSON.parse(text) as Line)
  }
  return lines
}
