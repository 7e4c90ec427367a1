/** What the processes of the job say to the one that started them, over the channel of `child_process`. */
export type ToJob =
  /** An agent has joined the network. */
  | { readonly type: 'ready' }
  /** The client asks that this process be ended with SIGKILL. */
  | { readonly type: 'kill'; readonly program: string }
  /** The client has seen a part of the job come true. */
  | { readonly type: 'verified'; readonly part: Part }

/** What the job says to its client. */
export type ToClient = { readonly type: 'killed' }

/** The parts of the job, in their order. */
export const parts = ['quick start', 'broadcast', 'fail-over'] as const

/** A part of the job. */
export type Part = (typeof parts)[number]

/** Tells the job something; only for the processes that it has started. */
export function tellJob(message: ToJob): void {
  if (process.send === undefined) throw new Error('this program is started by main.ts')
  process.send(message)
}

/** A variable that main.ts sets. */
export function environment(name: 'NETWORK' | 'AGENT'): string {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set: this program is started by main.ts`)
  return value
}
