import { createNetworkClient } from '@hcengineering/network-client'
import type { ContainerUuid } from '@hcengineering/network-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { launchBrowser } from '../../network/browser.ts'
import { ensureBuilt } from '../../network/built.ts'
import { kinds } from '../../network/containers.ts'
import { LiveNetwork } from '../../network/live-network.ts'
import { keepPicture, openTab } from './support/seen.ts'

// A browser, a network and what else the machine has to do.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

const token = 'token-of-the-system-test'

let network: LiveNetwork
let browser: Browser

beforeAll(async () => {
  await ensureBuilt()
  network = await LiveNetwork.start({
    agents: ['eu-1', 'us-1', 'ap-1'],
    clients: 4,
    adminToken: token,
    env: { UNUSED_CONTAINER_TIMEOUT: '1' }
  })
  browser = await launchBrowser()
})

afterAll(async () => {
  await browser.close()
  await network.close()
})

/** A container that stays, of a client that does nothing else. */
async function holdContainer(uuid: string) {
  const client = createNetworkClient(network.address)
  const reference = await client.get(kinds.workspace, {
    uuid: uuid as ContainerUuid,
    labels: ['held', 'acme']
  })
  return { reference, [Symbol.asyncDispose]: () => client.close() }
}

async function enterToken(page: Page, text: string): Promise<void> {
  await page.getByLabel('Token', { exact: true }).fill(text)
  await page.getByRole('button', { name: 'Use this token' }).click()
}

describe('every page', () => {
  it.each([
    ['dark', { colorScheme: 'dark' }],
    ['light', { colorScheme: 'light' }],
    ['narrow', { colorScheme: 'dark', viewport: { width: 390, height: 844 } }]
  ] as const)('shows the network, %s, without a fault', async (look, options) => {
    await using held = await holdContainer(`held-${look}`)
    await using tab = await openTab(browser, network.url, options)
    const { page, faults } = tab
    const showing: [string, string, () => Promise<unknown>][] = [
      [
        'overview',
        '/',
        () =>
          page
            .getByText('ap-1')
            .or(page.getByRole('link', { name: /workspace/ }))
            .first()
            .waitFor()
      ],
      ['topology', '/topology', () => page.getByLabel(/^Agent eu-1, active/).waitFor()],
      ['containers', '/containers', () => page.locator('tbody tr').first().waitFor()],
      ['container', `/container?id=${held.reference.uuid}`, () => page.getByText('Fencing token').waitFor()],
      ['agents', '/agents', () => page.getByRole('row', { name: /us-1/ }).waitFor()],
      ['agent', '/agent?id=us-1', () => page.getByText('What it offers').waitFor()],
      ['clients', '/clients', () => page.locator('tbody tr').nth(3).waitFor()],
      ['events', '/events', () => page.locator('.event-row').nth(3).waitFor()]
    ]
    for (const [name, path, shown] of showing) {
      await page.goto(path)
      await shown()
      // Narrow or not, nothing sticks out to the side.
      const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      expect(beyond, `${name} is wider than the screen`).toBeLessThanOrEqual(0)
      // Plots and the picture want some seconds of what happens.
      await page.waitForTimeout(name === 'overview' || name === 'topology' ? 1500 : 200)
      await keepPicture(page, `${look}-${name}`)
    }
    expect(faults).toEqual([])
  })

  it('has its place in the navigation, and is reached by its links without loading anew', async () => {
    await using tab = await openTab(browser, network.url)
    const { page, faults } = tab
    await page.goto('/')
    await page.evaluate(() => Object.assign(window, { stays: true }))
    for (const name of ['Topology', 'Containers', 'Agents', 'Clients', 'Events', 'Overview']) {
      await page
        .getByRole('navigation')
        .getByRole('link', { name: new RegExp(`^${name}`) })
        .click()
      await page.getByRole('heading', { level: 1, name }).waitFor()
    }
    await page.goBack()
    await page.getByRole('heading', { level: 1, name: 'Events' }).waitFor()
    expect(await page.evaluate(() => 'stays' in window)).toBe(true)
    expect(faults).toEqual([])
  })

  it('says so when there is no such page, container or agent', async () => {
    await using tab = await openTab(browser, network.url)
    const { page } = tab
    await page.goto('/nowhere')
    await page.getByText('There is no such page').waitFor()
    await page.goto('/container?id=nobody')
    await page.getByText(/does not know this container/).waitFor()
    await page.goto('/agent?id=nobody')
    const unknown = page.getByText(/does not know this agent/)
    await unknown.waitFor()
    expect(await unknown.count()).toBe(1)
    expect(await page.getByRole('button', { name: /Drain/ }).count()).toBe(0)
  })
})

describe('what happens in the network', () => {
  it('appears on the pages that are open, without a hand being moved', async () => {
    await using tab = await openTab(browser, network.url)
    const { page } = tab
    await page.goto('/containers?search=newcomer')
    await page.getByText('No container matches').waitFor()
    await using held = await holdContainer('newcomer-1')
    await page.getByRole('row', { name: /newcomer-1.*serving/ }).waitFor()
    await held.reference.close()
    await page.getByText('No container matches').waitFor()
    expect(await page.getByRole('row', { name: /newcomer-1/ }).count()).toBe(0)
    expect(await page.locator('tbody tr').count()).toBe(0)
  })

  it('is streamed, filtered, and held while one reads', async () => {
    await using tab = await openTab(browser, network.url)
    const { page } = tab
    await page.goto('/events')
    await page.locator('.event-row').first().waitFor()
    await page.keyboard.press('/')
    // Slowly enough for reports in between: what is typed meanwhile must not be lost.
    await page.keyboard.type('streamed-', { delay: 170 })
    await page.getByText('No event yet').waitFor()
    await page.waitForURL(({ searchParams }) => searchParams.get('search') === 'streamed-')
    await using first = await holdContainer('streamed-1')
    await page.locator('.event-row', { hasText: first.reference.uuid }).first().waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await using second = await holdContainer('streamed-2')
    await page.getByText(/more have come/).waitFor()
    expect(await page.locator('.event-row', { hasText: second.reference.uuid }).count()).toBe(0)
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.locator('.event-row', { hasText: 'streamed-2' }).first().waitFor()
  })
})

describe('a search', () => {
  it('finds by uuid, kind and label, is kept in the address, and is used by keyboard alone', async () => {
    await using findable = await holdContainer('findable-7')
    await using tab = await openTab(browser, network.url)
    const { page } = tab
    await page.goto('/containers')
    await page.locator('tbody tr').first().waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('findable')
    // At once, while the search still waits for a pause in the typing: none of them undoes another.
    await page.getByLabel('Kind', { exact: true }).selectOption(kinds.workspace)
    await page.getByLabel('Label; Enter adds it').fill('held')
    await page.getByLabel('Label; Enter adds it').press('Enter')
    await page.waitForURL(
      ({ searchParams }) => searchParams.toString() === 'search=findable&kind=workspace&label=held'
    )
    await page.getByRole('row', { name: new RegExp(findable.reference.uuid) }).waitFor()
    expect(await page.locator('tbody tr').count()).toBe(1)

    await page.reload()
    await page.getByRole('row', { name: /findable-7/ }).waitFor()
    await page.keyboard.press('/')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'findable-7' }).waitFor()
    await page.goBack()
    await page.getByLabel('Kind', { exact: true }).selectOption(kinds.chatRoom)
    await page.getByText('No container matches').waitFor()
  })
})

describe('an action', () => {
  it('is denied to who has no token, and to who has a wrong one, in plain words', async () => {
    await using held = await holdContainer('protected-1')
    await using tab = await openTab(browser, network.url)
    const { page } = tab
    await page.goto(`/container?id=${held.reference.uuid}`)
    await page.getByRole('button', { name: 'Terminate…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('1 reference to it').waitFor()
    await dialog.getByRole('button', { name: 'Terminate', exact: true }).click()
    await dialog.getByText('Denied: you may not do this').waitFor()
    await keepPicture(page, 'denied')
    await dialog.getByRole('button', { name: 'Enter a token…' }).click()
    await enterToken(page, 'a-token-that-is-wrong')
    await page.getByText('This is not the token of this coordinator').waitFor()
    await page.keyboard.press('Escape')
    expect(await page.getByRole('dialog').count()).toBe(0)
    expect(await held.reference.request('read')).toEqual({ answered: 1 })
  })

  it('ends a container, once the token was entered', async () => {
    await using held = await holdContainer('doomed-1')
    await using tab = await openTab(browser, network.url)
    const { page } = tab
    await page.goto(`/container?id=${held.reference.uuid}`)
    await page.getByRole('button', { name: 'Enter the admin token' }).click()
    await enterToken(page, token)
    await page.getByText('You may act now').waitFor()
    await page.getByRole('button', { name: 'Terminate…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Terminate', exact: true }).click()
    await page.locator('.event-lines', { hasText: 'removed' }).waitFor()
    // The count begins anew: it is another activation.
    expect(await held.reference.request('read')).toEqual({ answered: 1 })
  })

  it('drains an agent, whose containers go elsewhere', async () => {
    await network.startAgent('leaver-1')
    await using tab = await openTab(browser, network.url)
    const { page, faults } = tab
    await page.goto('/agents?search=leaver')
    await page.getByRole('row', { name: /leaver-1.*active/ }).click()
    await page.getByRole('button', { name: 'Drain…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('It takes no new container.').waitFor()
    await keepPicture(page, 'drain')
    await dialog.getByRole('button', { name: 'Drain', exact: true }).click()
    await dialog.getByText('Denied').waitFor()
    await dialog.getByRole('button', { name: 'Enter a token…' }).click()
    await enterToken(page, token)
    await page.getByRole('button', { name: 'Drain…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Drain', exact: true }).click()
    await page.goto('/agents?search=leaver')
    await page.getByRole('row', { name: /^leaver-1 draining 0 / }).waitFor()
    await keepPicture(page, 'drained')
    expect(faults).toEqual([])
  })
})

describe('the coordinator restarting under the page', () => {
  it('is said in a banner, waited for, and then everything goes on', async () => {
    await using tab = await openTab(browser, network.url)
    const { page, faults } = tab
    await page.goto('/')
    await page.getByText('Live', { exact: true }).waitFor()
    const epochBefore = await page.locator('.page-lead .mono').first().textContent()
    await network.stopCoordinator()
    await page.getByText('The coordinator cannot be reached.').waitFor()
    await keepPicture(page, 'lost')
    await network.startCoordinator()
    await page.getByText('The coordinator cannot be reached.').waitFor({ state: 'detached' })
    await page.getByText('The coordinator was restarted').waitFor()
    await page.getByText('Live', { exact: true }).waitFor()
    expect(await page.locator('.page-lead .mono').first().textContent()).not.toBe(epochBefore)
    await page.getByRole('link', { name: /^Agents/ }).click()
    for (const name of ['eu-1', 'us-1', 'ap-1'])
      await page.getByRole('row', { name: new RegExp(name) }).waitFor()
    await page.getByRole('link', { name: 'Events', exact: true }).click()
    await page.locator('.event-row').nth(2).waitFor()
    await keepPicture(page, 'restarted')
    expect(faults).toEqual([])
  })
})
