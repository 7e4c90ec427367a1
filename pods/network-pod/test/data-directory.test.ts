import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  agentEndpointRef,
  silentLogger,
  type AgentUuid,
  type RosterRecord
} from '@hcengineering/network-core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDataDirectory } from '../src/index.ts'

const record: RosterRecord = {
  epoch: 42,
  complete: true,
  agents: [
    {
      agentId: 'a' as AgentUuid,
      incarnation: '1',
      endpoint: agentEndpointRef('localhost:3738'),
      answered: true
    },
    { agentId: 'b' as AgentUuid, incarnation: '2', endpoint: undefined, answered: false }
  ]
}

describe('a data directory', () => {
  let path: string

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'network-pod-'))
  })

  afterEach(async () => {
    await rm(path, { recursive: true })
  })

  test('remembers nothing at first, and then what was saved last', async () => {
    const inner = join(path, 'made', 'here')
    {
      await using data = await openDataDirectory(inner, silentLogger)
      expect(data.roster.remembered).toBeUndefined()
      await data.roster.save({ epoch: 41, complete: false, agents: [] })
      await data.roster.save(record)
    }
    await using again = await openDataDirectory(inner, silentLogger)
    expect(again.roster.remembered).toEqual(record)
    expect((await readdir(inner)).toSorted()).toEqual(['lock', 'roster.json'])
  })

  test('is for one coordinator at a time', async () => {
    {
      await using first = await openDataDirectory(path, silentLogger)
      expect(first.roster.remembered).toBeUndefined()
      await expect(openDataDirectory(path, silentLogger)).rejects.toMatchObject({
        code: 'DATA_IN_USE',
        message: expect.stringContaining(path)
      })
    }
    await using second = await openDataDirectory(path, silentLogger)
    expect(second.roster.remembered).toBeUndefined()
  })

  test.each(['', '{', '[]', '{"version":1,"epoch":0,"agents":[]}', '{"version":2,"epoch":1,"agents":[]}'])(
    'takes a roster that cannot be read for missing, and says so: %j',
    async (text) => {
      await writeFile(join(path, 'roster.json'), text)
      const said: string[] = []
      const logger = { ...silentLogger, error: (_fields: object, message: string) => said.push(message) }
      await using data = await openDataDirectory(path, logger)
      expect(data.roster.remembered).toBeUndefined()
      expect(said).toEqual(['the roster cannot be read: it is taken for missing'])
    }
  )

  test('that cannot be one is named', async () => {
    const file = join(path, 'file')
    await writeFile(file, 'text')
    await expect(openDataDirectory(file, silentLogger)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining(file)
    })
    expect(await readFile(file, 'utf8')).toBe('text')
  })
})
