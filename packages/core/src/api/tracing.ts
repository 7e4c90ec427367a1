import type { ContainerKind, ContainerUuid } from './ids.ts'

/** What is done: a request or a stream of a container, a get of one, or its start on an agent. */
export type TracedAction = 'request' | 'stream' | 'get' | 'start'

/** Work that is recorded as part of a trace. */
export interface Trace {
  /** What whoever is asked next learns the trace from: goes with the caller's own headers. */
  readonly headers: Readonly<Record<string, string>>
  /** Runs something within the trace: what that asks for in turn belongs to it. */
  run<T>(work: () => T): T
  /** The work is over. Called once; must not throw. */
  end(error?: unknown): void
}

/**
 * Records what the network does as traces. The libraries know no tracing system: they are given this as an
 * option, and do nothing at all without it. `@hcengineering/network-telemetry` has one for OpenTelemetry.
 *
 * Asked for every request, so its arguments are plain: whoever does not record it has nothing to make.
 */
export interface Tracing {
  /** This process is about to ask another one. Undefined when that is not recorded. */
  ask(
    action: TracedAction,
    operation: string,
    kind: ContainerKind | undefined,
    uuid: ContainerUuid | undefined
  ): Trace | undefined
  /** This process has been asked, with these headers. Undefined when the asker does not record it. */
  serve(
    action: TracedAction,
    headers: Readonly<Record<string, string>>,
    operation: string,
    kind: ContainerKind | undefined,
    uuid: ContainerUuid | undefined
  ): Trace | undefined
  /**
   * This process hands something on that came with these headers. They are among those of the trace. Undefined when
   * the asker does not record it.
   */
  forward(
    action: TracedAction,
    headers: Readonly<Record<string, string>>,
    operation: string,
    kind: ContainerKind | undefined,
    uuid: ContainerUuid | undefined
  ): Trace | undefined
  /** Runs something that outlives whatever trace there is now: what comes of it later does not belong to that. */
  apart<T>(work: () => T): T
  /** Records what has ended and was kept back so far. Called when an agent has closed. */
  flush(): void
}

/** Ends a trace when its work has settled. */
export function traced<T>(trace: Trace, work: Promise<T>): Promise<T> {
  work.then(
    () => trace.end(),
    (error: unknown) => trace.end(error)
  )
  return work
}

/** Runs something that outlives whatever trace there is now, where there is tracing. */
export function apart<T>(tracing: Tracing | undefined, work: () => T): T {
  return tracing === undefined ? work() : tracing.apart(work)
}
