import type { Page } from 'playwright-core'
import { interactionP75Ms, leastReportedMs } from './statistics.ts'

/** How long the page took to show what came of clicks and keys. */
export interface InteractionFigures {
  readonly count: number
  readonly p75Ms: number | undefined
  readonly worstMs: number
}

declare global {
  interface Window {
    /** By interaction, the longest of its events. */
    interactions?: Map<number, number>
  }
  interface Performance {
    readonly interactionCount: number
  }
  interface PerformanceEventTiming {
    readonly interactionId: number
  }
  interface PerformanceObserverInit {
    durationThreshold?: number
  }
}

/** Has every page of this tab keep what the browser says of its interactions (Event Timing). */
export async function observeInteractions(page: Page): Promise<void> {
  await page.addInitScript((durationThreshold) => {
    const kept = new Map<number, number>()
    window.interactions = kept
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as PerformanceEventTiming[]) {
        if (entry.interactionId === 0) continue
        kept.set(entry.interactionId, Math.max(entry.duration, kept.get(entry.interactionId) ?? 0))
      }
    }).observe({ type: 'event', durationThreshold, buffered: true })
  }, leastReportedMs)
}

export async function readInteractions(page: Page): Promise<InteractionFigures> {
  const { reported, count } = await page.evaluate(() => ({
    reported: [...(window.interactions?.values() ?? [])],
    count: performance.interactionCount
  }))
  return { count, p75Ms: interactionP75Ms(reported, count), worstMs: Math.max(0, ...reported) }
}

/** One round of what somebody does who looks for something: real clicks and keys, on every page. */
export async function usePages(page: Page, round: number): Promise<void> {
  await lookForContainers(page, round)
  await readContainer(page)
  await lookAtTheRest(page)
  await watchEvents(page)
  await page.getByRole('link', { name: 'Overview', exact: true }).click()
  await page.getByRole('button', { name: '10 min' }).click()
  await page.getByRole('button', { name: '2 min' }).click()
}

async function lookForContainers(page: Page, round: number): Promise<void> {
  await page.getByRole('link', { name: /^Containers/ }).click()
  await page.locator('tbody tr').first().waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type(['a1', 'beef', '07c', 'd4'][round % 4] ?? 'a', { delay: 90 })
  await page.waitForTimeout(500)
  for (let step = 0; step < 2; step++) {
    const next = page.getByRole('button', { name: 'Next page' })
    if (await next.isEnabled()) await next.click()
    await page.waitForTimeout(250)
  }
  await page.getByRole('searchbox').click()
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.press('Backspace')
  await page.getByPlaceholder('Label ⏎').click()
  await page.keyboard.type(`tenant-${round % 997}`, { delay: 40 })
  await page.keyboard.press('Enter')
  await page.waitForTimeout(400)
  await page.getByRole('button', { name: /^Drop the filter/ }).click()
  await page.waitForTimeout(400)
}

async function readContainer(page: Page): Promise<void> {
  await page.locator('tbody tr').first().focus()
  for (let step = 0; step < 5; step++) await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Recent events' }).waitFor()
  await page.waitForTimeout(600)
}

async function lookAtTheRest(page: Page): Promise<void> {
  await page.getByRole('link', { name: /^Agents/ }).click()
  await page.locator('tbody tr').first().click()
  await page.getByRole('heading', { name: 'What it offers' }).waitFor()
  await page.waitForTimeout(400)
  await page.getByRole('link', { name: 'Topology' }).click()
  await page.locator('.node-agent').first().waitFor()
  await page.waitForTimeout(1500)
  await page.getByRole('link', { name: /^Clients/ }).click()
  await page.locator('tbody tr').first().waitFor()
}

async function watchEvents(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Events', exact: true }).click()
  await page.locator('.event-row').first().waitFor()
  await page.waitForTimeout(1500)
  await page.getByRole('button', { name: 'removed' }).click()
  await page.waitForTimeout(300)
  await page.keyboard.press('/')
  await page.keyboard.type('tenant-1', { delay: 60 })
  await page.waitForTimeout(500)
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.waitForTimeout(300)
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.waitForTimeout(500)
}
