import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AdminDouble, agentViewOf, clientViewOf } from './support/admin-double.ts'
import { runAlone } from './support/tool.ts'

let admin: AdminDouble

beforeEach(async () => {
  admin = await AdminDouble.start()
})

afterEach(() => admin[Symbol.asyncDispose]())

const tool = (argv: readonly string[], more: Record<string, string> = {}) =>
  runAlone(argv, { ADMIN: admin.address, ...more })

describe('network-tool clients', () => {
  test('shows the clients as a table', async () => {
    admin.clients = [
      clientViewOf('anna', { references: 1234, agents: ['agent-1'] }),
      clientViewOf('bert', { connected: false, silentMs: 2500, subscribed: true, waitingGets: 2 })
    ]
    expect(await tool(['clients'])).toEqual({
      code: 0,
      out: [
        'CLIENT  STATE      REFERENCES  WAITING  SILENT  AGENTS   LISTENS',
        'anna    connected       1,234        0  400 ms  agent-1  no',
        'bert    away                1        2   2.5 s  -        yes',
        ''
      ].join('\n'),
      error: ''
    })
  })

  test('reads all pages, those that match, or the first only', async () => {
    admin.clients = Array.from({ length: 1200 }, (_, index) => clientViewOf(`client-${index}`))
    const all = JSON.parse((await tool(['clients', '--json'])).out) as unknown[]
    expect(all).toHaveLength(1200)
    expect(admin.queries).toEqual([
      '/api/clients?offset=0&limit=500',
      '/api/clients?offset=500&limit=500',
      '/api/clients?offset=1000&limit=500'
    ])
    expect(JSON.parse((await tool(['clients', '--json', '--limit', '700'])).out)).toHaveLength(700)
    expect(JSON.parse((await tool(['clients', '--json', '--search', 'client-119'])).out)).toHaveLength(11)
    expect((await tool(['clients', '--search', 'zoe'])).out).toBe('no clients whose id contains zoe\n')
  })

  test('tells on a terminal how far it is, and cleans up behind itself', async () => {
    admin.clients = Array.from({ length: 501 }, (_, index) => clientViewOf(`client-${index}`))
    const { error } = await runAlone(['clients'], { ADMIN: admin.address }, { progress: true })
    expect(stripVTControlCharacters(error).split('\r')).toEqual([
      '',
      '500 of 501 clients',
      '501 of 501 clients',
      ''
    ])
  })
})

describe('network-tool agents --details', () => {
  test('shows containers and leases', async () => {
    admin.agents = [
      agentViewOf('agent-2', { state: 'draining', kinds: ['room', 'hall'] }),
      agentViewOf('agent-1', { containers: 12_000, leaseMarginMs: 800 })
    ]
    expect((await tool(['agents', '--details'])).out.split('\n')).toEqual([
      'AGENT    STATE     CONTAINERS  STANDBYS  STARTS  SILENT   LEASE  ENDPOINT        KINDS',
      'agent-1  active        12,000         0       0  250 ms  800 ms  localhost:3801  room',
      'agent-2  draining           2         0       0  250 ms  2.75 s  localhost:3801  room, hall',
      ''
    ])
  })
})

describe('network-tool describe', () => {
  test('shows all that is known of a container', async () => {
    const since = Date.now() - 192_000
    admin.containers = [
      {
        uuid: 'lobby',
        kind: 'room',
        labels: ['east', 'gold'],
        state: 'serving',
        agentId: 'agent-1',
        endpoint: 'agent://localhost:3801/lobby',
        token: { epoch: 7, sequence: 12 },
        since,
        references: 3,
        stateless: false,
        holders: [
          { clientId: 'anna', handles: 2 },
          { clientId: 'bert', handles: 1 }
        ],
        waiting: 1,
        standbys: [],
        setbacks: 0,
        activity: {
          requests: 41_203,
          failures: 2,
          inFlight: 5,
          streams: 1,
          connections: 2,
          lastPing: { at: since + 190_000, ok: true, failuresInARow: 0 }
        }
      }
    ]
    const { code, out } = await tool(['describe', 'lobby'])
    expect(out.replace(/answered .* ago/, 'answered … ago').split('\n')).toEqual([
      'container    lobby',
      'kind         room',
      'labels       east, gold',
      `state        serving since ${new Date(since).toISOString()} (3 min)`,
      'agent        agent-1',
      'endpoint     agent://localhost:3801/lobby',
      'token        epoch 7, sequence 12',
      'stays        while somebody refers to it',
      'references   3',
      'holders      anna (2), bert (1)',
      'waiting      1 get',
      'standbys     -',
      'setbacks     0',
      'requests     41,203, 2 failed, 5 under way',
      'streams      1',
      'connections  2 clients',
      'health       answered … ago',
      ''
    ])
    expect(code).toBe(0)
    expect(JSON.parse((await tool(['describe', 'lobby', '--json'])).out)).toEqual(admin.containers[0])
  })

  test('says when the agent has not answered, and when there is no such container', async () => {
    admin.containers = [
      {
        uuid: 'attic/1',
        kind: 'room',
        labels: [],
        state: 'unplaced',
        references: 0,
        stateless: true,
        holders: [],
        waiting: 0,
        standbys: [],
        setbacks: 4
      }
    ]
    const { out } = await tool(['describe', 'attic/1'])
    expect(out).toContain('\nactivity    its agent has not answered in time\n')
    expect(out).toContain('\nstays       with its agent\n')
    expect(await tool(['describe', 'cellar'])).toEqual({
      code: 1,
      out: '',
      error: 'error NOT_FOUND: there is none\n'
    })
  })
})

describe('network-tool drain and terminate', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'network-tool-'))
  })

  afterEach(() => rm(folder, { recursive: true }))

  test('act with the token of a file, or of the environment', async () => {
    const file = join(folder, 'token')
    await writeFile(file, 'secret-1\n')
    expect(await tool(['terminate', 'attic/1', '--admin-token-file', file])).toEqual({
      code: 0,
      out: 'container attic/1 is being ended\n',
      error: ''
    })
    expect((await tool(['terminate', 'b', '--json'], { ADMIN_TOKEN: 'secret-2' })).out).toBe(
      '{"uuid":"b","terminated":true}\n'
    )
    expect(admin.actions).toEqual([
      { path: '/api/containers/attic/1/terminate', authorization: 'Bearer secret-1' },
      { path: '/api/containers/b/terminate', authorization: 'Bearer secret-2' }
    ])
  })

  test('drain waits until the agent has nothing left, or has gone', async () => {
    admin.agents = [agentViewOf('agent-1', { containers: 2 })]
    admin.acted = () => (admin.agents = [agentViewOf('agent-1', { state: 'draining', containers: 2 })])
    let asked = 0
    const io = {
      progress: true,
      error: () => {
        if (++asked === 2) admin.agents = []
      }
    }
    expect(await runAlone(['drain', 'agent-1'], { ADMIN: admin.address }, io)).toMatchObject({
      code: 0,
      out: 'agent agent-1 has handed everything over\n'
    })
    expect(asked).toBeGreaterThanOrEqual(2)
  })

  test('drain does not wait when told so, and gives up at its time', async () => {
    admin.agents = [agentViewOf('agent-1', { state: 'draining', containers: 2 })]
    expect((await tool(['drain', 'agent-1', '--no-wait', '--json'])).out).toBe(
      '{"agentId":"agent-1","drained":false}\n'
    )
    expect(await tool(['drain', 'agent-1', '--timeout', '300'])).toEqual({
      code: 1,
      out: '',
      error:
        'error TIMEOUT: agent agent-1 still has 2 containers after 300 ms; it goes on handing them over\n'
    })
  })

  test('a refused token is told with where to give it', async () => {
    admin.failure = { status: 401, code: 'UNAUTHENTICATED', message: 'the admin token is needed' }
    expect(await tool(['drain', 'agent-1'])).toEqual({
      code: 1,
      out: '',
      error:
        'error UNAUTHENTICATED: the admin token is needed ' +
        '(the admin token is given by --admin-token-file FILE or ADMIN_TOKEN)\n'
    })
  })

  test('a token that cannot be one is refused before anything is asked', async () => {
    const empty = join(folder, 'empty')
    await writeFile(empty, '\n')
    const runs = [
      await tool(['terminate', 'a', '--admin-token-file', empty]),
      await tool(['terminate', 'a', '--admin-token-file', join(folder, 'none')]),
      await tool(['terminate', 'a'], { ADMIN_TOKEN: 'two words' })
    ]
    expect(runs.map(({ code, error }) => `${code} ${error.split(/[:,]/, 2).join(':')}`)).toEqual([
      `2 error: --admin-token-file ${empty} is empty\n`,
      '2 error: --admin-token-file cannot be read',
      '2 error: ADMIN_TOKEN'
    ])
    expect(admin.queries).toEqual([])
  })
})

describe('without an admin API', () => {
  test('the tool says where it looked, and how to name another place', async () => {
    const { address } = admin
    await admin[Symbol.asyncDispose]()
    const { code, out, error } = await tool(['clients'], { ADMIN: address })
    expect(error).toBe(
      `error CONNECTION_TIMEOUT: no admin API answers at ${address}: the connection is refused. It is the ` +
        "coordinator's, and listens on its own machine only unless told otherwise. Another address is given by " +
        '--admin http://host:port or ADMIN.\n'
    )
    expect({ code, out }).toEqual({ code: 1, out: '' })
  })

  test('what is something else is told from it', async () => {
    admin.overview = () => ({ hello: 'world' }) as never
    const { code, error } = await tool(['top', '--once'])
    expect(error).toMatch(/^error INVALID_MESSAGE: what answers at http\S+ is no admin API that this version/)
    expect(error).toContain('/api/overview: version: ')
    expect(code).toBe(1)
  })

  test.each(['nowhere', 'ftp://localhost', 'http://user@localhost:3738'])(
    '%s is no address',
    async (address) => {
      const { code, error } = await tool(['clients', '--admin', address])
      expect(error).toContain('error: --admin (or ADMIN) is wrong: it must be http://host:port')
      expect(code).toBe(2)
    }
  )
})
