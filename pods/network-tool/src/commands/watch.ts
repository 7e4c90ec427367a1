import { NetworkEventKind, type NetworkEvent } from '@hcengineering/network-core'
import type { Command } from 'commander'
import type { ToolContext } from '../context.ts'
import type { GlobalOptions } from '../io.ts'
import { eventLine, type ShownEvent } from '../output/event-line.ts'
import { toJson } from '../output/json.ts'
import { decimalNumber, wholeNumber } from './arguments.ts'

interface WatchOptions extends GlobalOptions {
  readonly kind?: string
  readonly agent?: string
  readonly uuid?: string
  readonly count?: number
  readonly seconds?: number
}

const forEverMs = 2_147_483_647

export function addWatch(program: Command, context: ToolContext): void {
  program
    .command('watch')
    .description('show agents and containers as they come, change and go, one a line, until Ctrl-C')
    .option('--kind <kind>', 'only containers of one kind, and agents that offer it')
    .option('--agent <agent>', 'only one agent and its containers')
    .option('--uuid <uuid>', 'only one container')
    .option('--count <n>', 'end after n events', wholeNumber('', 1, 1_000_000_000))
    .option('--seconds <s>', 'end after that long', decimalNumber(' of seconds', 0.1, 86_400))
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<WatchOptions>()
      await context.withClient(options.network, async (client) => {
        using stop = context.stop()
        const enough = new AbortController()
        let left = options.count ?? Number.POSITIVE_INFINITY
        const unsubscribe = client.onUpdate((event) => {
          const at = context.clock.wallTime()
          if (event.snapshot === true) {
            context.io.error('some events were missed; what follows as added is all there is now\n')
          }
          for (const view of viewsOf(event, at)) {
            if (left === 0 || !matches(view, options)) continue
            left--
            context.line(options.json === true ? toJson(asJson(view)) : eventLine(view, context.paint))
          }
          if (left === 0) enough.abort()
        })
        const waitMs = options.seconds === undefined ? forEverMs : options.seconds * 1000
        await context.sleep(waitMs, AbortSignal.any([stop.signal, enough.signal]))
        unsubscribe()
      })
    })
}

const changes = {
  [NetworkEventKind.added]: 'added',
  [NetworkEventKind.updated]: 'updated',
  [NetworkEventKind.removed]: 'removed'
} as const

function viewsOf(event: NetworkEvent, at: number): ShownEvent[] {
  return [
    ...event.agents.map(({ id, kinds, event }) => ({
      at,
      change: changes[event],
      subject: 'agent' as const,
      id,
      kinds
    })),
    ...event.containers.map(({ container, event }) => ({
      at,
      change: changes[event],
      subject: 'container' as const,
      id: container.uuid,
      kind: container.kind,
      labels: container.labels,
      agentId: container.agentId
    }))
  ]
}

function matches(view: ShownEvent, { kind, agent, uuid }: WatchOptions): boolean {
  const ofKind = kind === undefined || view.kind === kind || view.kinds?.includes(kind) === true
  const ofAgent = agent === undefined || (view.subject === 'agent' ? view.id : view.agentId) === agent
  const ofUuid = uuid === undefined || (view.subject === 'container' && view.id === uuid)
  return ofKind && ofAgent && ofUuid
}

function asJson(view: ShownEvent): unknown {
  return { ...view, at: new Date(view.at).toISOString() }
}
