import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTestNetwork } from '@hcengineering/network-testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ask, startAdmin } from '../support/admin.ts'

describe('the dashboard', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dashboard-'))
    await mkdir(join(folder, 'assets'))
    await writeFile(join(folder, 'index.html'), '<title>the dashboard</title>')
    await writeFile(join(folder, 'assets', 'main-1a2b.js'), 'start()')
  })

  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  test('is its first page, also at the addresses that it makes up itself', async () => {
    await using net = await startTestNetwork()
    await using admin = await startAdmin(net, { dashboard: folder })
    for (const url of ['/', '/index.html', '/containers', '/containers/a%2Fb?tab=1']) {
      const answer = await ask(net, admin, url)
      expect(answer).toMatchObject({ status: 200, body: '<title>the dashboard</title>' })
      expect(answer.headers['cache-control']).toBe('no-cache')
      expect(answer.headers['content-security-policy']).toContain("default-src 'self'")
    }
  })

  test('has assets that are kept for ever, as their names change', async () => {
    await using net = await startTestNetwork()
    await using admin = await startAdmin(net, { dashboard: folder })
    const answer = await ask(net, admin, '/assets/main-1a2b.js')
    expect(answer).toMatchObject({ status: 200, body: 'start()' })
    expect(answer.headers['cache-control']).toContain('immutable')
    expect(await ask(net, admin, '/assets/main-9z.js')).toMatchObject({ status: 404 })
  })

  test.each([
    '/../../etc/passwd',
    '/..%2f..%2fetc%2fpasswd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/assets/..%5c..%5cx'
  ])('gives nothing but its own files for %s', async (url) => {
    await using net = await startTestNetwork()
    await using admin = await startAdmin(net, { dashboard: folder })
    const { status, body } = await ask(net, admin, url)
    expect([200, 400, 403, 404]).toContain(status)
    expect(status !== 200 || body === '<title>the dashboard</title>').toBe(true)
  })

  test('says how to build it when it is not there', async () => {
    await using net = await startTestNetwork()
    await using admin = await startAdmin(net)
    const { status, body } = await ask(net, admin, '/')
    expect(status).toBe(200)
    expect(body).toMatch(/network-dashboard build|<title>/)
    expect(await ask(net, admin, '/api/nothing')).toMatchObject({
      status: 404,
      body: { error: { code: 'NOT_FOUND' } }
    })
  })
})
