import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { agentEndpointRef } from '@hcengineering/network-core'
import { recordingContainer, startTestNetwork, type TestNetwork } from '@hcengineering/network-testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Finding } from '../src/doctor/finding.ts'
import { AdminDouble, agentViewOf, clientViewOf, overviewOf, sampleView } from './support/admin-double.ts'
import { runAlone } from './support/tool.ts'

let admin: AdminDouble

beforeEach(async () => {
  admin = await AdminDouble.start()
  admin.overview = () => overviewOf({ now: Date.now(), startedAt: Date.now() - 7_200_000 })
  admin.clients = (search) => [clientViewOf(search)]
})

afterEach(() => admin[Symbol.asyncDispose]())

interface Report {
  readonly problems: number
  readonly warnings: number
  readonly findings: readonly Finding[]
}

async function examine(network: string, more: Record<string, string> = {}) {
  const environment = { NETWORK: network, ADMIN: admin.address, ...more }
  const { code, out, error } = await runAlone(['doctor', '--json'], environment)
  const report = JSON.parse(out) as Report
  const wrong = report.findings.filter(({ severity }) => severity === 'problem' || severity === 'warning')
  return { code, error, ...report, wrong }
}

async function withNetwork(work: (net: TestNetwork) => Promise<void>): Promise<void> {
  await using net = await startTestNetwork({ transport: 'zeromq' })
  await work(net)
}

/** A port of this machine that nobody listens at. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** The findings of a check, where there is an admin API alone. */
const told = async (environment: Record<string, string> = {}) => {
  const { findings } = await examine(`127.0.0.1:${await closedPort()}`, environment)
  return (check: Finding['check']) => findings.filter((found) => found.check === check)
}

describe('network-tool doctor', () => {
  test('finds nothing where all is well, and says what it has looked at', () =>
    withNetwork(async (net) => {
      await net.agent({ kinds: ['room'] })
      admin.agents = [agentViewOf('agent-1')]
      admin.overview = () => overviewOf({ now: Date.now(), startedAt: Date.now(), latest: sampleView() })
      const { code, out, error } = await runAlone(['doctor'], { NETWORK: net.address, ADMIN: admin.address })
      expect(out.replaceAll(/[\d.,]+ (µs|ms|s)\b/g, 'N ms').split('\n')).toEqual([
        `ok       port         ${net.address} takes connections, and speaks ZeroMQ`,
        'ok       session      connected after N ms',
        'ok       coordinator  a coordinator answers',
        'ok       latency      the coordinator answers in N ms, N ms at most (of 20)',
        'ok       agents       1 agent, of which 1 answer this machine directly',
        `ok       admin        the admin API at ${admin.address} answers`,
        'note     token        no admin token was given: drain and terminate would be refused',
        'ok       version      coordinator and tool are both 0.1.0',
        "ok       clock        the coordinator's clock and this machine's agree to a second",
        'ok       recovery     the coordinator is ready, in epoch 7, up for N ms',
        "ok       load         the coordinator's event loop is N ms late at most",
        'ok       lease        all 1 agent were heard in time',
        'All is well.',
        ''
      ])
      expect({ code, error }).toEqual({ code: 0, error: '' })
    }))

  test('no coordinator: nothing listens at the port', async () => {
    const port = await closedPort()
    const { code, wrong, findings } = await examine(`127.0.0.1:${port}`)
    expect(wrong).toEqual([
      {
        check: 'port',
        severity: 'problem',
        says: `nothing listens at 127.0.0.1:${port}: the connection is refused`,
        advice: 'start the coordinator there (network-pod), or give its address by --network or NETWORK'
      }
    ])
    expect(code).toBe(3)
    // What can still be looked at, is.
    expect(findings.map(({ check }) => check)).toContain('recovery')
  })

  test('no such host', async () => {
    const { wrong } = await examine('no-such-host.invalid:3737')
    expect(wrong[0]).toMatchObject({
      severity: 'problem',
      says: "there is no host 'no-such-host.invalid' as far as this machine knows"
    })
  })

  test("wrong port: the coordinator's admin port, an HTTP server", async () => {
    const { code, wrong } = await examine(`127.0.0.1:${admin.port}`)
    expect(wrong).toEqual([
      expect.objectContaining({
        check: 'port',
        severity: 'problem',
        says: `an HTTP server listens at 127.0.0.1:${admin.port}, not a coordinator`
      })
    ])
    expect(code).toBe(3)
  })

  describe('a port of something else', () => {
    let server: Server

    afterEach(() => server.close())

    test.each([['that greets'], ['that is silent']])('wrong protocol: a server %s', async (how) => {
      server = createServer((socket) => {
        if (how === 'that greets') socket.write('220 mail.example ESMTP\r\n')
        socket.on('error', () => {})
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
      const { wrong } = await examine(address)
      expect(wrong[0]).toMatchObject({
        check: 'port',
        severity: 'problem',
        says: `something listens at ${address}, but it does not speak ZeroMQ as coordinators do`
      })
    })
  })

  test("wrong port: an agent's listener", () =>
    withNetwork(async (net) => {
      const { agent } = await net.agent({ kinds: ['room'] })
      const { code, wrong } = await examine(agent.endpoint!)
      expect(wrong[0]).toMatchObject({
        check: 'coordinator',
        severity: 'problem',
        says: `an agent or a container listens at ${agent.endpoint}, not a coordinator`
      })
      expect(code).toBe(3)
    }))

  test('no agents', () =>
    withNetwork(async (net) => {
      const { code, wrong } = await examine(net.address)
      expect(wrong).toEqual([
        expect.objectContaining({
          check: 'agents',
          severity: 'warning',
          says: 'no agent is registered: nothing can be started'
        })
      ])
      expect(code).toBe(0)
    }))

  test('an agent that is not reached from here, and one that has no listener', () =>
    withNetwork(async (net) => {
      const endpoint = agentEndpointRef(`127.0.0.1:${await closedPort()}`)
      await net.agent({ kinds: ['room'], listener: false })
      const unreachable = await net.agent({
        containers: { hall: () => recordingContainer() },
        listener: false,
        register: false
      })
      unreachable.agent.endpoint = endpoint
      await unreachable.client.register(unreachable.agent)
      const { wrong, findings } = await examine(net.address)
      expect(wrong).toEqual([
        expect.objectContaining({
          check: 'agent',
          severity: 'warning',
          says: `agent agent-2 at ${endpoint} is not reached from here: the connection is refused`
        })
      ])
      expect(findings).toContainEqual({
        check: 'agent',
        severity: 'note',
        says: 'agent agent-1 has no listener: it is reached through the coordinator only'
      })
    }))

  test('admin closed: says what could not be looked at', () =>
    withNetwork(async (net) => {
      await net.agent({ kinds: ['room'] })
      await admin[Symbol.asyncDispose]()
      const { code, wrong } = await examine(net.address)
      expect(wrong).toEqual([
        {
          check: 'admin',
          severity: 'warning',
          says: expect.stringContaining(
            `no admin API answers at ${admin.address}: the connection is refused.`
          ),
          advice: expect.stringContaining('version, clock, recovery, load and leases were not looked at')
        }
      ])
      expect(code).toBe(0)
    }))

  test('an admin API of another coordinator', () =>
    withNetwork(async (net) => {
      await net.agent({ kinds: ['room'] })
      admin.clients = []
      const { code, wrong } = await examine(net.address)
      expect(wrong).toEqual([
        expect.objectContaining({
          check: 'admin',
          severity: 'problem',
          says: `the admin API at ${admin.address} is of another coordinator than the one at ${net.address}`
        })
      ])
      expect(code).toBe(3)
    }))

  describe('what the coordinator tells of itself', () => {
    test.each([
      [3_660_000, '1 h ahead of'],
      [-125_000, '2 min behind']
    ])('clock off by %d ms', async (offMs, expected) => {
      admin.overview = () => overviewOf({ now: Date.now() + offMs })
      const [clock] = (await told())('clock')
      expect(clock).toMatchObject({
        severity: 'warning',
        says: `the coordinator's clock is ${expected} this machine's`
      })
    })

    test('recovering', async () => {
      admin.overview = () => overviewOf({ now: Date.now(), recovering: true })
      const [recovery] = (await told())('recovery')
      expect(recovery).toMatchObject({
        severity: 'warning',
        says: expect.stringContaining('the coordinator is recovering'),
        advice: 'this ends by itself within 3 s; if it does not, look at its log'
      })
    })

    test('another version', async () => {
      admin.overview = () => overviewOf({ now: Date.now(), version: '0.2.0' })
      const [version] = (await told())('version')
      expect(version).toMatchObject({
        severity: 'warning',
        says: 'the coordinator is 0.2.0, this tool 0.1.0'
      })
    })

    test('a late event loop, and containers without a place', async () => {
      const containersByState = { unplaced: 3, starting: 0, serving: 9, ending: 0 }
      const latest = sampleView({ eventLoopLagMs: 400 })
      admin.overview = () => overviewOf({ now: Date.now(), containersByState, latest })
      const of = await told()
      expect(of('load')[0]).toMatchObject({
        severity: 'warning',
        says: expect.stringContaining('400 ms late')
      })
      expect(of('placement')[0]).toMatchObject({
        severity: 'warning',
        says: '3 containers cannot be placed now'
      })
    })

    test('an agent about to be given up, and one that is draining', async () => {
      admin.agents = [
        agentViewOf('agent-1', { silentMs: 2600, leaseMarginMs: 400 }),
        agentViewOf('agent-2', { state: 'draining' })
      ]
      const of = await told()
      expect(of('lease')).toEqual([
        expect.objectContaining({
          severity: 'warning',
          says: 'agent agent-1 was not heard for 2.6 s: in 400 ms its containers go to others'
        })
      ])
      expect(of('agent')).toEqual([{ check: 'agent', severity: 'note', says: 'agent agent-2 is draining' }])
    })

    test('what has failed since its start', async () => {
      const { totals } = overviewOf()
      const now = Date.now()
      admin.overview = () =>
        overviewOf({ now, startedAt: now - 7_200_000, totals: { ...totals, agentsLost: 1, getsFailed: 12 } })
      expect((await told())('history')).toEqual([
        { check: 'history', severity: 'note', says: 'in 2 h: 1 agent lost, 12 gets failed' }
      ])
    })

    test.each([
      [{ mayAct: true, tokenConfigured: true }, 'secret', 'ok', 'the admin token is accepted'],
      [{ mayAct: false, tokenConfigured: true }, 'secret', 'warning', 'is not the one of this coordinator'],
      [{ mayAct: false, tokenConfigured: false }, '', 'note', 'the coordinator has no admin token']
    ])('the token: %j', async (session, token, severity, says) => {
      admin.session = session
      const [found] = (await told({ ADMIN_TOKEN: token }))('token')
      expect(found).toMatchObject({ severity, says: expect.stringContaining(says) })
    })

    test('an admin API that wants its token', async () => {
      admin.failure = { status: 401, code: 'UNAUTHENTICATED', message: 'the admin token is needed' }
      const [found] = (await told())('admin')
      expect(found).toMatchObject({
        severity: 'warning',
        says: expect.stringContaining('UNAUTHENTICATED: the admin token is needed'),
        advice: expect.stringContaining('is read with its token')
      })
    })
  })
})
