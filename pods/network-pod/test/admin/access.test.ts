import { silentLogger } from '@hcengineering/network-core'
import { startTestNetwork } from '@hcengineering/network-testing'
import { describe, expect, test } from 'vitest'
import { AccessRules, isLoopback } from '../../src/admin/access.ts'
import { startAdminServer } from '../../src/admin/server.ts'
import { act, ask, bearer, startAdmin, token } from '../support/admin.ts'

const basic = (password: string): { authorization: string } => ({
  authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`
})

describe('an admin server on the loopback', () => {
  test.each(['localhost', 'localhost:3780', '127.0.0.1:3780', '[::1]:3780', 'LOCALHOST', '127.1.2.3'])(
    'lets everybody read who calls it %s',
    async (host) => {
      await using net = await startTestNetwork()
      await using admin = await startAdmin(net)
      expect(await ask(net, admin, '/api/overview', { host })).toMatchObject({ status: 200 })
    }
  )

  test.each(['example.org', 'localhost.example.org', '127.0.0.1.example.org:80', '10.0.0.1', 'a@localhost'])(
    'refuses everything to who calls it %j, as a page does whose name was bent to this machine',
    async (host) => {
      await using net = await startTestNetwork()
      await using admin = await startAdmin(net)
      const refused = { status: 403, body: { error: { code: 'FORBIDDEN' } } }
      for (const url of ['/', '/livez', '/metrics', '/api/overview', '/api/events', '/nothing']) {
        expect(await ask(net, admin, url, { host, ...bearer })).toMatchObject(refused)
      }
      expect(await act(net, admin, '/api/containers/x/terminate', { host, ...bearer })).toMatchObject(refused)
    }
  )

  test('refuses who does not say what they call it', () => {
    const rules = new AccessRules('127.0.0.1', token)
    for (const host of [undefined, '', ':80', '[', ']']) {
      expect(() => rules.check('open', { host, authorization: undefined })).toThrow(
        expect.objectContaining({ code: 'FORBIDDEN' })
      )
    }
  })

  test.each([
    ['no token', {}],
    ['a wrong one', { authorization: 'Bearer another-token-of-24-chars' }],
    ['a part of it', { authorization: `Bearer ${token.slice(0, -1)}` }],
    ['nothing behind Bearer', { authorization: 'Bearer ' }],
    ['the token as a password, which a foreign page could make a browser send', basic(token)]
  ])('lets nobody act with %s', async (_, headers) => {
    await using net = await startTestNetwork()
    await using admin = await startAdmin(net)
    const agent = await net.agent({ kinds: ['room'] })
    expect(await act(net, admin, `/api/agents/${agent.uuid}/drain`, headers)).toMatchObject({
      status: 401,
      body: { error: { code: 'UNAUTHENTICATED' } }
    })
    expect(net.network.inspection.agent(agent.uuid)).toMatchObject({ state: 'active' })
  })

  test('lets nobody act while there is no token', async () => {
    await using net = await startTestNetwork()
    await using admin = await startAdmin(net, { token: undefined })
    expect(await act(net, admin, '/api/containers/x/terminate')).toMatchObject({
      status: 403,
      body: { error: { code: 'FORBIDDEN' } }
    })
    const { body } = await ask(net, admin, '/api/session', bearer)
    expect(body).toEqual({ mayAct: false, tokenConfigured: false })
  })

  test('tells who has the token that they may act', async () => {
    await using net = await startTestNetwork()
    await using admin = await startAdmin(net)
    expect((await ask(net, admin, '/api/session', bearer)).body).toEqual({
      mayAct: true,
      tokenConfigured: true
    })
    const wrong = { authorization: 'Bearer another-token-of-24-chars' }
    expect((await ask(net, admin, '/api/session', wrong)).body).toMatchObject({ mayAct: false })
  })

  test('tells browsers to be careful, and lets no other site read', async () => {
    await using net = await startTestNetwork()
    await using admin = await startAdmin(net)
    const { headers } = await ask(net, admin, '/api/overview', { origin: 'https://example.org' })
    expect(headers).toMatchObject({
      'content-security-policy': expect.stringContaining("default-src 'self'") as string,
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store'
    })
    expect(headers).not.toHaveProperty('access-control-allow-origin')
  })

  test('takes no long body', async () => {
    await using net = await startTestNetwork()
    await using admin = await startAdmin(net)
    const answer = await admin.app.inject({
      method: 'POST',
      url: '/api/containers/x/terminate',
      headers: { host: 'localhost', ...bearer },
      payload: { text: 'x'.repeat(20_000) }
    })
    expect(answer.statusCode).toBe(413)
    expect(answer.json()).toMatchObject({ error: { code: 'MESSAGE_TOO_LARGE' } })
  })
})

describe('an admin server on another address', () => {
  const host = '0.0.0.0'

  test('does not start without a token', async () => {
    await using net = await startTestNetwork()
    await expect(startAdmin(net, { host, token: undefined })).rejects.toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' })
    )
  })

  test('says to everybody that it is alive and ready, and nothing else', async () => {
    await using net = await startTestNetwork()
    await using admin = await startAdmin(net, { host })
    const named = { host: 'coordinator.example.org' }
    for (const url of ['/livez', '/readyz']) {
      expect(await ask(net, admin, url, named)).toMatchObject({ status: 200 })
    }
    for (const url of ['/', '/metrics', '/api/overview', '/api/events', '/api/openapi.json', '/nothing']) {
      expect(await ask(net, admin, url, named)).toMatchObject({ status: 401 })
    }
  })

  test('lets who has the token read, a browser that asks for a password too', async () => {
    await using net = await startTestNetwork()
    await using admin = await startAdmin(net, { host })
    const { headers } = await ask(net, admin, '/')
    expect(headers['www-authenticate']).toContain('Basic')
    expect(await ask(net, admin, '/api/overview', bearer)).toMatchObject({ status: 200 })
    expect(await ask(net, admin, '/api/overview', basic(token))).toMatchObject({ status: 200 })
    expect(await ask(net, admin, '/api/overview', basic('wrong'))).toMatchObject({ status: 401 })
    expect(await act(net, admin, '/api/containers/x/terminate', basic(token))).toMatchObject({ status: 401 })
    expect(await act(net, admin, '/api/containers/x/terminate')).toMatchObject({ status: 404 })
  })
})

describe('where an admin server listens', () => {
  test('is its own port', async () => {
    await using net = await startTestNetwork()
    await using first = await startAdmin(net)
    const again = startAdminServer({
      network: net.network,
      server: net.server,
      clock: net.clock,
      logger: silentLogger,
      configuration: { host: '127.0.0.1', port: first.port, token: undefined }
    })
    await expect(again).rejects.toThrow(expect.objectContaining({ code: 'ADDRESS_IN_USE' }))
    await expect(startAdmin(net, { host: '192.0.2.1' })).rejects.toThrow(
      expect.objectContaining({ code: 'ADDRESS_INVALID' })
    )
  })

  test.each([
    ['localhost', true],
    ['127.0.0.1', true],
    ['::1', true],
    ['[::1]', true],
    ['*', false],
    ['0.0.0.0', false],
    ['::', false],
    ['127.0.0.1.example.org', false]
  ])('%s: loopback %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected)
  })
})
