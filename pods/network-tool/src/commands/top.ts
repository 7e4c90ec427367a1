import type { Command } from 'commander'
import { z } from 'zod'
import { describeFailure, type AdminClient } from '../admin/admin-client.ts'
import { kindView, overview, sample } from '../admin/schemas.ts'
import type { ToolContext } from '../context.ts'
import type { GlobalOptions } from '../io.ts'
import { toJson } from '../output/json.ts'
import { Screen } from '../top/screen.ts'
import { TopState } from '../top/state.ts'
import { renderTop } from '../top/view.ts'

interface TopOptions extends GlobalOptions {
  readonly once?: true
}

/** Counts and kinds are asked for so often; rates and events come by themselves. */
const refreshMs = 2000
const retryMs = 1000
const plainSize = { columns: 120, rows: 48 }

export function addTop(program: Command, context: ToolContext): void {
  program
    .command('top')
    .description('show rates, latencies, kinds and events, live, until q is pressed; asks the admin API')
    .option('--once', 'show it once and end, also where there is no terminal')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<TopOptions>()
      const quit = new AbortController()
      const admin = await context.admin(options, quit.signal)
      const state = new TopState(...(await ask(admin)))
      if (options.json === true) {
        const { overview, kinds, samples } = state
        context.line(toJson({ overview, kinds, samples }))
      } else if (options.once === true || context.io.terminal === undefined) {
        context.line(trimmed(renderTop(state, viewOf(context, admin, plainSize))))
      } else {
        await new LiveTop({ context, admin, quit }, state).run()
      }
    })
}

async function ask(admin: AdminClient): Promise<ConstructorParameters<typeof TopState>> {
  return await Promise.all([
    admin.get('/api/overview', overview),
    admin.get('/api/history', z.array(sample)),
    admin.get('/api/kinds', z.array(kindView))
  ])
}

function viewOf(context: ToolContext, admin: AdminClient, size: { columns: number; rows: number }) {
  return { size, paint: context.paint, address: admin.address, now: context.clock.wallTime() }
}

/** Without what there is only because of a screen: the room that is left, and the keys. */
function trimmed(lines: readonly string[]): string {
  return lines.slice(0, -1).join('\n').trimEnd()
}

/** The live screen: draws whenever something has come, asks again what does not come by itself, hears keys. */
class LiveTop {
  readonly #context: ToolContext
  readonly #admin: AdminClient
  readonly #state: TopState
  readonly #quit: AbortController
  #draw: () => void = () => {}

  constructor(parts: { context: ToolContext; admin: AdminClient; quit: AbortController }, state: TopState) {
    this.#context = parts.context
    this.#admin = parts.admin
    this.#quit = parts.quit
    this.#state = state
  }

  async run(): Promise<void> {
    const { io } = this.#context
    const { terminal } = io
    if (terminal === undefined) return
    using stop = this.#context.stop()
    const end = (): void => this.#quit.abort()
    stop.signal.addEventListener('abort', end)
    using screen = new Screen(io, terminal)
    this.#draw = () =>
      screen.draw(renderTop(this.#state, viewOf(this.#context, this.#admin, terminal.size())))
    const listening = [
      terminal.onResize(this.#draw),
      terminal.onKey((key) => {
        if (key === 'q' || key === 'escape' || key === 'ctrl-c') end()
      })
    ]
    try {
      this.#draw()
      await Promise.all([this.#listen(), this.#refresh()])
    } finally {
      for (const item of listening) item[Symbol.dispose]()
    }
  }

  /** Follows the events, and begins anew when they end. */
  async #listen(): Promise<void> {
    const { signal } = this.#quit
    while (!signal.aborted) {
      try {
        for await (const event of this.#admin.events({}, signal)) {
          if (this.#state.link.kind === 'lost') this.#state.renew(...(await ask(this.#admin)))
          this.#state.hear(event)
          this.#draw()
        }
        this.#lost('it has ended the stream of events')
      } catch (error) {
        this.#lost(describeFailure(error))
      }
      await this.#context.sleep(retryMs, signal)
    }
  }

  async #refresh(): Promise<void> {
    const { signal } = this.#quit
    while (!(await this.#context.sleep(refreshMs, signal))) {
      try {
        const [seen, kinds] = await Promise.all([
          this.#admin.get('/api/overview', overview),
          this.#admin.get('/api/kinds', z.array(kindView))
        ])
        this.#state.refresh(seen, kinds)
      } catch (error) {
        this.#lost(describeFailure(error))
      }
      this.#draw()
    }
  }

  #lost(reason: string): void {
    if (this.#quit.signal.aborted) return
    this.#state.lost(reason, this.#context.clock.wallTime())
    this.#draw()
  }
}
