import { AssertionError } from 'node:assert'
import {
  NetworkEventKind,
  type AgentEvent,
  type ContainerEvent,
  type NetworkEvent
} from '@hcengineering/network-core'

const words = {
  [NetworkEventKind.added]: 'added',
  [NetworkEventKind.updated]: 'updated',
  [NetworkEventKind.removed]: 'removed'
} as const

/**
 * Records the events of a network, and asserts what they were. A line says what happened to whom: `'added room-1'`.
 *
 * @example
 * ```ts
 * import { startTestNetwork } from '@hcengineering/network-testing'
 *
 * await using net = await startTestNetwork()
 * const events = await net.events()
 * const agent = await net.agent({ kinds: ['room'] })
 * await net.kill(agent)
 * await net.until(() => events.has('removed agent-1'))
 * events.assertSeen('added agent-1', 'removed agent-1')
 * ```
 */
export class EventRecorder {
  readonly agents: AgentEvent[] = []
  readonly containers: ContainerEvent[] = []
  /** Everything in order, as `'added room-1'`. */
  readonly log: string[] = []

  /** Hand this to `client.onUpdate`, or set it as an agent's `onUpdate`. */
  readonly listener = (event: NetworkEvent): void => {
    this.agents.push(...event.agents)
    this.containers.push(...event.containers)
    for (const agent of event.agents) this.log.push(`${words[agent.event]} ${agent.id}`)
    for (const { container, event: kind } of event.containers)
      this.log.push(`${words[kind]} ${container.uuid}`)
  }

  /** Whether this was heard. */
  has(line: string): boolean {
    return this.log.includes(line)
  }

  /**
   * Asserts that these were heard, in this order; others may stand between them.
   *
   * @throws AssertionError with what was heard instead
   */
  assertSeen(...lines: readonly string[]): void {
    let from = 0
    for (const line of lines) {
      const index = this.log.indexOf(line, from)
      if (index < 0) {
        const message = this.has(line)
          ? `'${line}' was heard, but not in this order`
          : `'${line}' was not heard`
        throw this.#failure(`${message}; heard:`, [...lines])
      }
      from = index + 1
    }
  }

  /**
   * Asserts that none of these was heard.
   *
   * @throws AssertionError with what was heard
   */
  assertNotSeen(...lines: readonly string[]): void {
    const heard = lines.find((line) => this.has(line))
    if (heard !== undefined) throw this.#failure(`'${heard}' was heard; heard:`, undefined)
  }

  /** Forgets what was heard so far. */
  clear(): void {
    for (const list of [this.agents, this.containers, this.log]) list.length = 0
  }

  #failure(message: string, expected: string[] | undefined): AssertionError {
    const heard = this.log.length === 0 ? 'nothing' : this.log.join('\n  ')
    return new AssertionError({
      message: `${message}\n  ${heard}`,
      actual: [...this.log],
      expected
    })
  }
}

/** A new {@link EventRecorder}, to be handed to `client.onUpdate` by its `listener`. */
export function eventRecorder(): EventRecorder {
  return new EventRecorder()
}
