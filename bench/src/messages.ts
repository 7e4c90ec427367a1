/** What the bench and the programs that it starts say to each other. */

/** Numbers that a program has measured, by name. */
export type Figures = Readonly<Record<string, number>>

/** The bench asks a program to run one of its functions. */
export interface Call {
  readonly id: number
  readonly name: string
  readonly data: unknown
}

/** What came of a call. */
export type Answer =
  | { readonly kind: 'answered'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string; readonly unavailable: boolean }

/** How much load to put on, and for how long. */
export interface Load {
  readonly inFlight: number
  readonly warmUpMs: number
  readonly measureMs: number
}

/** What cannot be measured here, and why: not built yet, or not installed. A row says so; nothing has failed. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
}
