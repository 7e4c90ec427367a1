import { describe, expect, test } from 'vitest'
import type { AgentUuid } from '../../src/api/ids.ts'
import { silentLogger } from '../../src/api/logger.ts'
import { Entrance } from '../../src/coordinator/entrance.ts'
import { RosterKeeper } from '../../src/coordinator/roster-keeper.ts'
import type { RosterEntry } from '../../src/coordinator/roster-store.ts'
import { key } from './bench.ts'

const agent: RosterEntry = {
  agentId: 'a' as AgentUuid,
  incarnation: '1',
  endpoint: undefined,
  answered: false
}

const turn = async (): Promise<void> => {
  for (let step = 0; step < 20; step++) await Promise.resolve()
}

const about = () => ({ epoch: 1, complete: true })

/** An entrance whose disk is done when the test says so, and what it lets in. */
function create() {
  const saves: { resolve: () => void; reject: (error: Error) => void }[] = []
  const save = (): Promise<void> =>
    new Promise((resolve, reject) => {
      saves.push({ resolve, reject })
    })
  const keeper = new RosterKeeper({ remembered: undefined, save }, about, silentLogger)
  const entrance = new Entrance(keeper)
  const heard: string[] = []
  const say = (what: string, then = (): void => {}): void =>
    entrance.inTurn(key('a'), () => {
      heard.push(what)
      then()
    })
  const register = (name: string): void =>
    entrance.inTurn(key('a'), () =>
      entrance.admit(
        agent,
        () => heard.push(name),
        () => heard.push(`${name} refused`)
      )
    )
  return { entrance, keeper, saves, heard, say, register }
}

describe('what an agent says', () => {
  test('is heard in its order when nobody waits', async () => {
    const heard: number[] = []
    const entrance = new Entrance(undefined)
    entrance.inTurn(key('a'), () => heard.push(1))
    entrance.inTurn(key('a'), () =>
      entrance.admit(
        agent,
        () => heard.push(2),
        () => {}
      )
    )
    entrance.inTurn(key('a'), () => heard.push(3))
    expect(heard).toEqual([])
    await turn()
    expect(heard).toEqual([1, 2, 3])
  })

  test('is heard in its order behind a slow disk: who leaves and registers again has registered', async () => {
    const { keeper, saves, heard, say, register } = create()
    register('registers')
    await turn()
    say('leaves', () => keeper.forget(key('a')))
    register('registers again')
    say('renews')
    await turn()
    expect(heard).toEqual([])
    saves[0]?.resolve()
    await turn()
    // It was forgotten when it left: without another save it has no lease.
    expect(heard).toEqual(['registers', 'leaves'])
    saves[1]?.resolve()
    await turn()
    saves[2]?.resolve()
    await turn()
    expect(heard).toEqual(['registers', 'leaves', 'registers again', 'renews'])
  })

  test('is heard although it was refused', async () => {
    const { saves, heard, say, register } = create()
    register('registers')
    say('renews')
    await turn()
    saves[0]?.reject(new Error('disk full'))
    await turn()
    expect(heard).toEqual(['registers refused', 'renews'])
  })

  test('keeps nobody else waiting', async () => {
    const { entrance, heard, register } = create()
    register('registers')
    entrance.inTurn(key('b'), () => heard.push('another one'))
    await turn()
    expect(heard).toEqual(['another one'])
  })
})
