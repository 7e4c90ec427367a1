import type { ReadonlySignal } from '@preact/signals'

/**
 * Has the component or effect that calls this done again when the signal changes. For signals that only say that
 * plain data beside them has grown.
 */
export function follow(tick: ReadonlySignal<number>): number {
  return tick.value
}
