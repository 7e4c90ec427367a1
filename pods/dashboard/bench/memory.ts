import { readFileSync } from 'node:fs'
import type { Browser, CDPSession, Page } from 'playwright-core'

/** What a page holds when nothing is left that could be collected. */
export interface MemoryFigures {
  readonly heapBytes: number
  /**
   * Of the process that runs the page. What drives the browser has it keep what the server has answered, some
   * tens of mebibytes of the stream of events among it: shown, but no measure of the page.
   */
  readonly processBytes: number
  readonly nodes: number
}

/** Measures the memory of one page through the browser's own protocol. */
export class MemoryMeter {
  readonly #page: CDPSession
  readonly #browser: CDPSession

  private constructor(page: CDPSession, browser: CDPSession) {
    this.#page = page
    this.#browser = browser
  }

  static async open(browser: Browser, page: Page): Promise<MemoryMeter> {
    const session = await page.context().newCDPSession(page)
    await session.send('HeapProfiler.enable')
    return new MemoryMeter(session, await browser.newBrowserCDPSession())
  }

  async measure(): Promise<MemoryFigures> {
    // Twice: what the first one frees may hold something else.
    await this.#page.send('HeapProfiler.collectGarbage')
    await this.#page.send('HeapProfiler.collectGarbage')
    const { usedSize } = await this.#page.send('Runtime.getHeapUsage')
    const { nodes } = await this.#page.send('Memory.getDOMCounters')
    return { heapBytes: usedSize, processBytes: await this.#processBytes(), nodes }
  }

  /** The largest renderer: there is one page, and maybe a spare process. */
  async #processBytes(): Promise<number> {
    const { processInfo } = await this.#browser.send('SystemInfo.getProcessInfo')
    const renderers = processInfo.filter(({ type }) => type === 'renderer')
    return Math.max(0, ...renderers.map(({ id }) => anonymousBytes(id)))
  }
}

function anonymousBytes(pid: number): number {
  const kibibytes = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kibibytes ?? 0) * 1024
}
