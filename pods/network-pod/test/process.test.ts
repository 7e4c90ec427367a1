import { createNetworkClient } from '@hcengineering/network-client'
import {
  containerOnAgentEndpointRef,
  type ContainerKind,
  type ContainerUuid
} from '@hcengineering/network-core'
import { echoContainer } from '@hcengineering/network-testing'
import { describe, expect, test } from 'vitest'
import { PodProcess } from './support/pod-process.ts'

const local = { HOST: '127.0.0.1', PORT: '0', RECOVERY_GRACE: '0' }

describe('the process of the pod', () => {
  test('tells its port in its first line, and serves agents and clients there', async () => {
    await using pod = new PodProcess(local)
    const port = await pod.port()
    expect(JSON.parse(pod.log[0]!)).toMatchObject({
      level: 'info',
      msg: 'listening',
      host: '127.0.0.1',
      port
    })
    await using client = createNetworkClient(`127.0.0.1:${port}`)
    const { agent, server } = await client.serveAgent('127.0.0.1:0', {
      room: async (options, agentEndpoint) => {
        const uuid = options.uuid ?? ('lobby' as ContainerUuid)
        return {
          uuid,
          container: echoContainer(),
          endpoint: containerOnAgentEndpointRef(agentEndpoint, uuid)
        }
      }
    })
    const room = await client.get('room' as ContainerKind)
    expect(await room.request('say', 'hello')).toBe('hello')
    await room.close()
    await client.unregister(agent)
    await server.close()
  })

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'ends with 0 upon %s, with a client connected',
    async (signal) => {
      await using pod = new PodProcess(local)
      await using client = createNetworkClient(`127.0.0.1:${await pod.port()}`)
      await client.waitConnection()
      pod.signal(signal)
      const { code, log, errors } = await pod.ended()
      expect(log.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
        'listening',
        'stopping',
        'stopped'
      ])
      expect(errors).toEqual([])
      expect(code).toBe(0)
    }
  )

  test('takes flags, and serves its administrators on a port of their own', async () => {
    const flags = ['--generate-admin-token', '--admin-port', '0', '--transport', 'tcp']
    await using pod = new PodProcess({ ...local, RECOVERY_GRACE: '600' }, 'main', [], flags)
    await pod.port()
    const { adminPort, transport } = JSON.parse(pod.log[0]!) as { adminPort: number; transport: string }
    expect(transport).toBe('tcp')
    const token = /^admin token: (\S{32})$/.exec(pod.errors.join('\n'))?.[1]
    const url = `http://127.0.0.1:${adminPort}`
    expect((await fetch(`${url}/livez`)).status).toBe(200)
    expect((await fetch(`${url}/readyz`)).status).toBe(503)
    const headers = { authorization: `Bearer ${token}` }
    const session = await fetch(`${url}/api/session`, { headers })
    expect(await session.json()).toEqual({ mayAct: true, tokenConfigured: true })
    const refused = await fetch(`${url}/api/agents/x/drain`, { method: 'POST' })
    expect(refused.status).toBe(401)
    // A listener of events does not keep it.
    const events = await fetch(`${url}/api/events`)
    expect(events.status).toBe(200)
    pod.signal('SIGTERM')
    const { code, log } = await pod.ended()
    expect(code).toBe(0)
    expect(log.join()).not.toContain(token)
    await events.body?.cancel().catch(() => {})
  })

  test('prints its configuration, and starts nothing', async () => {
    await using pod = new PodProcess(
      { PORT: '4000', ADMIN_TOKEN: 'sixteen-letters!' },
      'main',
      [],
      ['--print-config']
    )
    const { code, log, errors } = await pod.ended()
    expect(JSON.parse(log.join(''))).toMatchObject({ port: 4000, adminPort: 'off' })
    expect(log.join('')).not.toContain('sixteen-letters!')
    expect(errors).toEqual([])
    expect(code).toBe(0)
  })

  test('has help, and says what it does not know', async () => {
    await using help = new PodProcess({}, 'main', [], ['--help'])
    const { code, log } = await help.ended()
    expect(log.join('\n')).toMatch(/--admin-port <number> .*\(ADMIN_PORT, default 3780\)/s)
    expect(code).toBe(0)
    await using wrong = new PodProcess({}, 'main', [], ['--nothing'])
    expect(await wrong.ended()).toMatchObject({
      code: 1,
      errors: ["error INVALID_ARGUMENT: unknown option '--nothing'"]
    })
  })

  test('ends with one line and 1, and leaves its port, when its admin port is taken', async () => {
    await using first = new PodProcess({ ...local, ADMIN_PORT: '0' })
    await first.port()
    const { adminPort } = JSON.parse(first.log[0]!) as { adminPort: number }
    await using second = new PodProcess({ ...local, ADMIN_PORT: String(adminPort) })
    const { code, errors } = await second.ended()
    expect(errors).toEqual([
      `error ADDRESS_IN_USE: Admin port ${adminPort} of 127.0.0.1 is taken; set ADMIN_PORT`
    ])
    expect(code).toBe(1)
  })

  test('ends at once with one line and 1 when its port is taken', async () => {
    await using first = new PodProcess(local)
    const port = await first.port()
    const began = performance.now()
    await using second = new PodProcess({ ...local, PORT: String(port), RECOVERY_GRACE: '60' })
    const { code, log, errors } = await second.ended()
    expect(errors).toEqual([
      expect.stringContaining(`error ADDRESS_IN_USE: Port ${port} of 127.0.0.1 is taken`)
    ])
    expect(log).toEqual([])
    expect(code).toBe(1)
    expect(performance.now() - began).toBeLessThan(10_000)
  })

  test('ends with one line and 1 when a variable has a bad value', async () => {
    await using pod = new PodProcess({ ...local, PORT: 'abc' })
    const { code, log, errors } = await pod.ended()
    expect(errors).toEqual([
      'error INVALID_ARGUMENT: PORT must be a whole number from 0 to 65535 (0 lets the system choose), got "abc"'
    ])
    expect(log).toEqual([])
    expect(code).toBe(1)
  })

  test('ends with one line and 1 when HOST is no address of this machine', async () => {
    await using pod = new PodProcess({ ...local, HOST: 'no-such-interface' })
    const { code, errors } = await pod.ended()
    expect(errors).toEqual([expect.stringContaining('error ADDRESS_INVALID: HOST is wrong: ')])
    expect(code).toBe(1)
  })

  test('writes only what its log level lets through', async () => {
    await using pod = new PodProcess({ ...local, LOG_LEVEL: 'debug' })
    await using client = createNetworkClient(`127.0.0.1:${await pod.port()}`)
    await client.waitConnection()
    await client.close()
    await expect.poll(() => pod.log.join('\n')).toContain('client session ended')
    expect(pod.log.every((line) => typeof JSON.parse(line) === 'object')).toBe(true)
  })
})

describe('the health check', () => {
  test('passes while a coordinator answers, and fails with one line when none does', async () => {
    await using pod = new PodProcess(local)
    const environment = { ...local, PORT: String(await pod.port()) }
    await using healthy = new PodProcess(environment, 'health')
    expect(await healthy.ended()).toMatchObject({ code: 0, log: [], errors: [] })
    pod.signal('SIGTERM')
    await pod.ended()
    await using failing = new PodProcess(environment, 'health')
    const { code, errors } = await failing.ended()
    expect(errors).toEqual([expect.stringContaining('error CONNECTION_TIMEOUT: ')])
    expect(code).toBe(1)
  })
})
