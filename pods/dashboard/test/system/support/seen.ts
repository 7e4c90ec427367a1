import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

/** Kept for who wants to look at them; git ignores the folder. */
const folder = resolve(import.meta.dirname, '../../../../../.tmp/dashboard')

/** A tab, and everything that went wrong in it. */
export interface Tab extends AsyncDisposable {
  readonly page: Page
  /** Errors of scripts, and what the browser refused, such as something inline. */
  readonly faults: string[]
}

/** Opens a tab of its own, as a new visitor would. */
export async function openTab(
  browser: Browser,
  baseURL: string,
  options: BrowserContextOptions = {}
): Promise<Tab> {
  const context = await browser.newContext({ baseURL, viewport: { width: 1440, height: 900 }, ...options })
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.stack ?? error.message))
  page.on('console', (message) => {
    // A request that fails is told to the user by the page, and to the console by the browser.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      faults.push(message.text())
    }
  })
  page.setDefaultTimeout(40_000)
  return { page, faults, [Symbol.asyncDispose]: () => context.close() }
}

/** Keeps what the page looks like. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`) })
}
