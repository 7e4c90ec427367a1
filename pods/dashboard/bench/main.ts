/** The command line: `pnpm dashboard:bench`. Ends with exit code 1 when a bar is missed. */

import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import type { Browser, Page } from 'playwright-core'
import type { Overview } from '@hcengineering/network-pod/admin-views'
import { launchBrowser } from '../network/browser.ts'
import { ensureBuilt } from '../network/built.ts'
import { Child } from '../network/child.ts'
import { startPodProcess } from '../network/pod.ts'
import { observeInteractions, readInteractions, usePages } from './interactions.ts'
import { MemoryMeter, type MemoryFigures } from './memory.ts'
import { bars, verdicts, type Results } from './verdicts.ts'

interface Options {
  readonly seconds: number
  readonly containers: number
  readonly events: number
}

const coldLoads = 5
const settleMs = 10_000
const viewport = { width: 1440, height: 900 }

function positive(text: string): number {
  const value = Number(text)
  if (Number.isFinite(value) && value > 0) return value
  throw new InvalidArgumentError('It must be a positive number.')
}

const command = new Command('dashboard:bench')
  .description('Measures the dashboard in a real browser, above a large network with many events.')
  .option('--seconds <n>', 'how long the pages are used', positive, 300)
  .option('--containers <n>', 'how many containers there are', positive, bars.containers)
  .option('--events <n>', 'how many events a second', positive, bars.eventsPerSecond)

async function main(): Promise<boolean> {
  const options = command.parse().opts<Options>()
  await ensureBuilt()
  console.log(`Starts a network of ${options.containers} containers …`)
  const pod = await startPodProcess({
    port: 0,
    adminPort: 0,
    env: { ALIVE_TIMEOUT: '30', UNUSED_CONTAINER_TIMEOUT: '0.2', RECOVERY_GRACE: '0' }
  })
  const load = new Child({
    name: 'the load',
    file: fileURLToPath(import.meta.resolve('./load.ts')),
    startTimeoutMs: 300_000,
    env: {
      NETWORK: `localhost:${pod.port}`,
      CONTAINERS: String(options.containers),
      EVENTS_PER_SECOND: String(options.events)
    }
  })
  let browser: Browser | undefined
  try {
    await load.ready()
    // What made so many containers at once has to be over: what is measured is the network as it then is.
    await sleep(settleMs)
    const url = `http://127.0.0.1:${pod.adminPort}`
    browser = await launchBrowser(['--enable-precise-memory-info'])
    const firstPaintsMs = await firstPaints(browser, url)
    const results = await use(browser, url, options.seconds)
    return report({ firstPaintsMs, ...results, ...(await networkFigures(url)) }, options)
  } finally {
    await browser?.close()
    await load.end()
    await pod.child.end()
  }
}

/** Of a browser that runs, and has never seen the page. */
async function firstPaints(browser: Browser, url: string): Promise<number[]> {
  await paintSomethingElse(browser)
  const paints: number[] = []
  for (let load = 0; load < coldLoads; load++) {
    const context = await browser.newContext({ viewport })
    const page = await context.newPage()
    await page.goto(url)
    await page.locator('.figure-value').first().waitFor()
    paints.push(
      await page.evaluate(
        () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Infinity
      )
    )
    await context.close()
  }
  return paints
}

/** The first text of all has the browser start processes and look for fonts: that is its own start, and no page's. */
async function paintSomethingElse(browser: Browser): Promise<void> {
  const context = await browser.newContext({ viewport })
  const page = await context.newPage()
  await page.goto('data:text/html,<p>The browser runs.')
  await page.screenshot()
  await context.close()
}

async function use(
  browser: Browser,
  url: string,
  seconds: number
): Promise<Pick<Results, 'interactions' | 'memory'>> {
  const context = await browser.newContext({ viewport })
  const page = await context.newPage()
  await observeInteractions(page)
  await page.goto(url)
  const meter = await MemoryMeter.open(browser, page)
  const began = performance.now()
  const elapsed = (): number => (performance.now() - began) / 1000
  const memory: (MemoryFigures & { seconds: number })[] = []
  for (let round = 0; elapsed() < seconds; round++) {
    await usePages(page, round)
    await settle(page)
    const figures = { seconds: elapsed(), ...(await meter.measure()) }
    memory.push(figures)
    const { heapBytes, processBytes, nodes } = figures
    console.log(
      `${figures.seconds.toFixed(0).padStart(5)} s   heap ${mebibytes(heapBytes)}   process ${mebibytes(processBytes)}   ${nodes} nodes`
    )
  }
  const interactions = await readInteractions(page)
  await context.close()
  return { interactions, memory }
}

/** Always measured on the same page, and in the same state. */
async function settle(page: Page): Promise<void> {
  await page.locator('.plot').first().waitFor()
  await page.waitForTimeout(1200)
}

async function networkFigures(url: string): Promise<Pick<Results, 'containers' | 'eventsPerSecond'>> {
  const overview = (await (await fetch(`${url}/api/overview`)).json()) as Overview
  const history = (await (await fetch(`${url}/api/history`)).json()) as { eventsPerSecond: number }[]
  const recent = history.slice(-60)
  return {
    containers: overview.latest?.containers ?? 0,
    eventsPerSecond:
      recent.reduce((sum, sample) => sum + sample.eventsPerSecond, 0) / Math.max(1, recent.length)
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(2)} MiB`
}

function report(results: Results, options: Options): boolean {
  console.log(
    `\n${results.containers} containers, ${results.eventsPerSecond.toFixed(0)} events a second, for ${options.seconds} s\n`
  )
  const lines = verdicts(results, options)
  for (const { name, figure, bar, reached } of lines) {
    console.log(`${reached ? 'ok    ' : 'MISSED'}  ${name.padEnd(34)}  ${figure.padEnd(40)}  must be ${bar}`)
  }
  return lines.every(({ reached }) => reached)
}

process.exitCode = (await main()) ? 0 : 1
