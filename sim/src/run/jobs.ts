import type { Script } from '../script/action.ts'
import type { Outcome } from './run-script.ts'

/** One run that a worker is asked for. */
export interface Job {
  readonly seed: number
  readonly mode?: Script['mode'] | undefined
  /** The fault that is put into the product for this run. */
  readonly mutant?: string | undefined
}

/** What a worker answers. */
export type JobDone =
  | { readonly kind: 'done'; readonly job: Job; readonly outcome: Outcome }
  | { readonly kind: 'failed'; readonly job: Job; readonly error: string }
