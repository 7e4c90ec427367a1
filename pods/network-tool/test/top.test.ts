import { stripVTControlCharacters } from 'node:util'
import stringWidth from 'string-width'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ToolIo } from '../src/io.ts'
import { plainPaint } from '../src/output/paint.ts'
import type { Terminal, TerminalSize } from '../src/output/terminal.ts'
import { run } from '../src/run.ts'
import { TopState } from '../src/top/state.ts'
import { renderTop } from '../src/top/view.ts'
import { AdminDouble, overviewOf, sampleView } from './support/admin-double.ts'
import { runAlone } from './support/tool.ts'

/** A terminal that a test types at and reads. */
class TerminalDouble implements Terminal {
  readonly colours = false
  written = ''
  atExitText = ''
  #size: TerminalSize = { columns: 90, rows: 30 }
  readonly #resized = new Set<() => void>()
  readonly #keys = new Set<(key: string) => void>()

  size(): TerminalSize {
    return this.#size
  }

  onResize(listener: () => void): Disposable {
    this.#resized.add(listener)
    return { [Symbol.dispose]: () => void this.#resized.delete(listener) }
  }

  onKey(listener: (key: string) => void): Disposable {
    this.#keys.add(listener)
    return { [Symbol.dispose]: () => void this.#keys.delete(listener) }
  }

  atExit(text: string): Disposable {
    this.atExitText = text
    return { [Symbol.dispose]: () => void (this.atExitText = '') }
  }

  resize(size: TerminalSize): void {
    this.#size = size
    for (const listener of this.#resized) listener()
  }

  press(key: string): void {
    for (const listener of this.#keys) listener(key)
  }

  get listeners(): number {
    return this.#resized.size + this.#keys.size
  }

  /** What is on it: the lines of the last picture. */
  get lines(): string[] {
    const picture = this.written.split('\u001b[?2026h').at(-1) ?? ''
    return stripVTControlCharacters(picture).split('\r\n')
  }
}

let admin: AdminDouble

beforeEach(async () => {
  admin = await AdminDouble.start()
})

afterEach(() => admin[Symbol.asyncDispose]())

function startTop(): { terminal: TerminalDouble; ended: Promise<number> } {
  const terminal = new TerminalDouble()
  const io: ToolIo = {
    out: (text) => void (terminal.written += text),
    error: (text) => void (terminal.written += text),
    environment: { ADMIN: admin.address },
    terminal
  }
  return { terminal, ended: run(['top'], io) }
}

describe('network-tool top', () => {
  test('shows the network as it is, once', async () => {
    const now = Date.now()
    admin.overview = () => overviewOf({ now, startedAt: now - 7_200_000 })
    admin.history = [
      sampleView({ requestsPerSecond: 500 }),
      sampleView({ requestsPerSecond: 2000 }),
      sampleView({ requestsPerSecond: 1500 })
    ]
    admin.kinds = [
      { kind: 'hall', containers: 40, agents: 2, requests: 0, requestsFailed: 0 },
      {
        kind: 'room',
        containers: 4,
        agents: 2,
        requests: 9000,
        requestsFailed: 3,
        requestP50Ms: 0.5,
        requestP99Ms: 8
      }
    ]
    const { code, out } = await runAlone(['top', '--once'], { ADMIN: admin.address })
    expect(out.split('\n')).toEqual([
      `network ${admin.address}  version 0.1.0  epoch 7  up 2 h  ready`,
      '2 agents   3 clients   3 sessions   3 containers serving, 1 starting, 0 ending, 0 unplaced',
      '',
      '                     now     highest  the last ten minutes',
      'requests /s        1,500       2,000  ▃█▆',
      'request p50       400 µs      400 µs  ███',
      'request p99      2.25 ms     2.25 ms  ███',
      'gets /s                2           2  ███',
      'get p50           1.5 ms      1.5 ms  ███',
      'get p99             4 ms        4 ms  ███',
      'events /s              0           0  ▁▁▁',
      'failures /s            0           0  ▁▁▁',
      'loop lag            3 ms        3 ms  ███',
      'memory            64 MiB      64 MiB  ███',
      '',
      'SLOWEST KINDS  REQUESTS  FAILED     P50   P99  CONTAINERS  AGENTS',
      'room              9,000       3  500 µs  8 ms           4       2',
      'hall                  0       0       -     -          40       2',
      '',
      'LATEST EVENTS',
      'nothing has come, changed or gone since this was started',
      ''
    ])
    expect(code).toBe(0)
  })

  test('gives all it knows as JSON', async () => {
    admin.history = [sampleView()]
    const { out } = await runAlone(['top', '--json'], { ADMIN: admin.address })
    expect(JSON.parse(out)).toEqual({ overview: overviewOf(), kinds: admin.kinds, samples: [sampleView()] })
  })

  test('follows samples and events, fits a terminal that changes, and gives it back at q', async () => {
    const { terminal, ended } = startTop()
    await expect.poll(() => admin.listeners).toBe(1)
    expect(terminal.lines).toHaveLength(30)
    admin.send('sample', sampleView({ requestsPerSecond: 4321 }))
    admin.send('network', [
      {
        at: Date.UTC(2026, 0, 2, 3, 4, 5),
        change: 'added',
        subject: 'container',
        id: 'lobby',
        kind: 'room',
        agentId: 'agent-1'
      }
    ])
    await expect
      .poll(() => terminal.lines.join('\n'))
      .toContain('03:04:05.000  added    container  lobby  room on agent-1')
    expect(terminal.lines.find((line) => line.startsWith('requests /s'))).toContain('4,321')

    terminal.resize({ columns: 40, rows: 12 })
    expect(terminal.lines).toHaveLength(12)
    expect(terminal.lines.every((line) => stringWidth(line) <= 40)).toBe(true)
    expect(terminal.lines.at(-1)).toBe('q quits')

    terminal.press('x')
    terminal.press('q')
    expect(await ended).toBe(0)
    expect(terminal.written.startsWith('\u001b[?1049h\u001b[?25l')).toBe(true)
    expect(terminal.written.endsWith('\u001b[?25h\u001b[?1049l')).toBe(true)
    expect({ listeners: terminal.listeners, atExit: terminal.atExitText }).toEqual({
      listeners: 0,
      atExit: ''
    })
    await expect.poll(() => admin.listeners).toBe(0)
  })

  test('says when the coordinator is not reached, and goes on when it is back', async () => {
    const { terminal, ended } = startTop()
    await expect.poll(() => admin.listeners).toBe(1)
    const { port } = admin
    await admin[Symbol.asyncDispose]()
    await expect.poll(() => terminal.lines[0], { timeout: 5000 }).toContain('NOT REACHED for ')
    admin = await AdminDouble.start(port)
    admin.history = [sampleView({ requestsPerSecond: 99 })]
    await expect.poll(() => admin.listeners, { timeout: 5000 }).toBe(1)
    admin.send('sample', sampleView({ requestsPerSecond: 77 }))
    await expect.poll(() => terminal.lines[0], { timeout: 5000 }).toContain('ready')
    expect(terminal.lines.find((line) => line.startsWith('requests /s'))).toMatch(/ 77 +99 /)
    terminal.press('ctrl-c')
    expect(await ended).toBe(0)
  })
})

describe('the picture of top', () => {
  test.each([
    { columns: 1, rows: 1 },
    { columns: 20, rows: 5 },
    { columns: 79, rows: 24 },
    { columns: 200, rows: 60 }
  ])('fits $columns × $rows', (size) => {
    const state = new TopState(
      overviewOf(),
      Array.from({ length: 700 }, () => sampleView()),
      [{ kind: '部屋'.repeat(60), containers: 1, agents: 1, requests: 0, requestsFailed: 0 }]
    )
    state.hear({
      kind: 'network',
      events: [{ at: 0, change: 'removed', subject: 'agent', id: '\u001b[2J\n'.repeat(50) }]
    })
    const lines = renderTop(state, { size, paint: plainPaint, address: 'http://127.0.0.1:3738', now: 0 })
    expect(lines).toHaveLength(size.rows)
    expect(lines.every((line) => stringWidth(line) <= size.columns && !/\p{Cc}/u.test(line))).toBe(true)
  })

  test('keeps a bounded past', () => {
    const state = new TopState(overviewOf(), [], [])
    const event = { at: 0, change: 'added', subject: 'agent', id: 'a' } as const
    for (let index = 0; index < 700; index++) {
      state.hear({ kind: 'sample', sample: sampleView() })
      state.hear({ kind: 'network', events: [event, event] })
    }
    expect({ samples: state.samples.length, events: state.events.length }).toEqual({
      samples: 600,
      events: 200
    })
  })
})
