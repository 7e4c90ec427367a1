import { beforeEach, describe, expect, test } from 'vitest'
import type { AgentUuid, ContainerEndpointRef, ContainerKind, ContainerUuid } from '../../src/api/ids.ts'
import type { ActivationToken } from '../../src/api/tokens.ts'
import type {
  CoordinatorIdentity,
  EndReason,
  Registration,
  RegistrationReply,
  Snapshot,
  StartCommand
} from '../../src/contract/ports.ts'
import type { Moment } from '../../src/agent/lease.ts'
import { AgentMachine, type AgentEffect, type InstanceId } from '../../src/agent/machine.ts'

const uuid = (name: string): ContainerUuid => name as ContainerUuid
const room = 'room' as ContainerKind
const endpoint = 'there://' as ContainerEndpointRef
const token = (sequence: number, epoch = 10): ActivationToken => ({ epoch, sequence })
const tenth: CoordinatorIdentity = { epoch: 10, incarnation: 'tenth' }
const refused = expect.objectContaining({ code: 'LEASE_REFUSED' }) as Error

const startCommand = (parts: Partial<StartCommand> = {}): StartCommand => ({
  coordinator: tenth,
  startId: 1,
  kind: room,
  uuid: uuid('lobby'),
  labels: [],
  extra: undefined,
  shared: false,
  token: token(1),
  ...parts
})

const endOf = (reason: 'unused' | 'terminated' | 'drained' | 'health') => ({
  coordinator: tenth,
  startId: undefined,
  uuid: uuid('lobby'),
  token: token(1),
  reason: reason as EndReason
})

describe('agent machine', () => {
  let machine: AgentMachine
  let moment: Moment
  let effects: AgentEffect[]

  const drain = (): AgentEffect[] => {
    const drained = machine.drain()
    effects.push(...drained)
    return drained
  }

  const register = (reply: Partial<RegistrationReply> = {}): boolean => {
    const asked = machine.registration([room], undefined, moment)
    const whole = {
      coordinator: tenth,
      leaseMs: 2400,
      pingIntervalMs: 1000,
      resume: [],
      standby: [],
      held: [],
      ...reply
    }
    const obeyed = machine.registered(whole, asked, moment)
    drain()
    return obeyed
  }

  /** What comes of a start when the agent registers, with that answer, before its factory is done. */
  const startAndRegister = (reply: Partial<RegistrationReply>, passes: number): AgentEffect[] => {
    machine = new AgentMachine('agent' as AgentUuid, 'incarnation')
    register()
    machine.start(startCommand(), moment)
    pass(passes)
    register(reply)
    machine.factoryDone(1, { uuid: uuid('lobby'), endpoint })
    return drain()
  }

  /** The coordinator's answer to that registration. */
  const answer = (reply: Partial<RegistrationReply>, asked: Registration): AgentEffect[] => {
    const about = { coordinator: tenth, leaseMs: 2400, pingIntervalMs: 1000, standby: [], held: [] }
    machine.registered({ ...about, resume: [], ...reply }, asked, moment)
    return drain()
  }

  /** A start whose factory is done between a registration and its answer. */
  const finishMeanwhile = (): { asked: Registration; id: InstanceId } => {
    register()
    machine.start(startCommand(), moment)
    const asked = machine.registration([room], undefined, moment)
    return { asked, id: machine.factoryDone(1, { uuid: uuid('lobby'), endpoint }) }
  }

  /** Started by command, and serving. */
  const serve = (parts: Partial<StartCommand> = {}): InstanceId => {
    const command = startCommand(parts)
    machine.start(command, moment)
    const id = machine.factoryDone(command.startId, { uuid: command.uuid ?? uuid('made'), endpoint })
    drain()
    return id
  }

  /** The same, of one that wants to finish first. */
  const serveFinishing = (): InstanceId => {
    machine.start(startCommand(), moment)
    const id = machine.factoryDone(1, { uuid: uuid('lobby'), endpoint, finishes: true })
    drain()
    return id
  }

  const pass = (ms: number, wallMs = ms): void => {
    moment = { now: moment.now + ms, wallTime: moment.wallTime + wallMs }
  }

  beforeEach(() => {
    machine = new AgentMachine('a' as AgentUuid, '1')
    moment = { now: 1000, wallTime: 5_000_000 }
    effects = []
    machine.lease.bind()
  })

  describe('lease', () => {
    test('serves only while it lasts, counted from when it was asked for', () => {
      register()
      serve()
      pass(2399)
      expect(machine.mayServe(uuid('lobby'), moment)).toBeDefined()
      pass(1)
      expect(machine.mayServe(uuid('lobby'), moment)).toBeUndefined()
    })

    test('ends by the larger of both clocks: a suspended machine has lost it on waking', () => {
      register()
      serve()
      pass(100, 2400)
      expect(machine.mayServe(uuid('lobby'), moment)).toBeUndefined()
      expect(machine.lease.remaining(moment)).toBe(0)
    })

    test('is not lengthened by a wall clock that goes back', () => {
      register()
      serve()
      pass(2400, -3_600_000)
      expect(machine.mayServe(uuid('lobby'), moment)).toBeUndefined()
    })

    test('is renewed from the moment the renewal was sent, and never shortened by a late answer', () => {
      register()
      pass(1000)
      const sent = moment
      pass(500)
      machine.lease.renew(sent)
      expect(machine.lease.remaining(moment)).toBe(1900)
      machine.lease.renew({ now: 1000, wallTime: 5_000_000 })
      expect(machine.lease.remaining(moment)).toBe(1900)
    })

    test('that was given up serves nothing', () => {
      register()
      serve()
      machine.lease.surrender()
      expect(machine.mayServe(uuid('lobby'), moment)).toBeUndefined()
    })
  })

  describe('at the end of its lease', () => {
    test('holds what its containers say, and lets it out once they are resumed', () => {
      register()
      const id = serve()
      expect(machine.fate(id, moment)).toBe('release')
      pass(2400)
      expect(machine.fate(id, moment)).toBe('hold')
      register({ resume: [{ uuid: uuid('lobby'), token: token(1) }] })
      expect(machine.fate(id, moment)).toBe('release')
      expect(effects).toContainEqual({ kind: 'resumed', id })
    })

    test('drops what a container says that was given to somebody else, and ends it', () => {
      register()
      const id = serve()
      pass(2400)
      register()
      expect(machine.fate(id, moment)).toBe('drop')
      expect(machine.mayServe(uuid('lobby'), moment)).toBeUndefined()
      expect(effects).toContainEqual({ kind: 'terminate', id })
    })

    test('reports itself without a lease, with all that it still has', () => {
      register()
      serve()
      pass(2400)
      expect(machine.registration([room], undefined, moment)).toMatchObject({
        seen: tenth,
        containers: [{ uuid: 'lobby', token: token(1), stateless: false }]
      })
    })

    test('says of what it has that it may be in other hands by now', () => {
      register()
      serve()
      expect(machine.registration([room], undefined, moment).containers).toMatchObject([{ lapsed: false }])
      pass(2400)
      expect(machine.registration([room], undefined, moment).containers).toMatchObject([{ lapsed: true }])
    })

    test('keeps what is held for the end of a recovery: unserved, silent, and said to have lapsed', () => {
      register()
      const id = serve()
      pass(2400)
      register({ held: [uuid('lobby')] })
      expect(machine.mayServe(uuid('lobby'), moment)).toBeUndefined()
      expect(machine.fate(id, moment)).toBe('hold')
      expect(machine.registration([room], undefined, moment).containers).toMatchObject([
        { uuid: 'lobby', token: token(1), lapsed: true }
      ])
      machine.grant({ coordinator: tenth, uuid: uuid('lobby'), startId: undefined, token: token(2) }, moment)
      expect(machine.fate(id, moment)).toBe('release')
      expect(drain()).toContainEqual({ kind: 'resumed', id })
    })

    test('ends what was held and is outranked, and drops what it still says', () => {
      register()
      const id = serve()
      pass(2400)
      register({ held: [uuid('lobby')] })
      const outranked = {
        startId: undefined,
        uuid: uuid('lobby'),
        token: token(1),
        reason: 'outranked' as const
      }
      expect(machine.end({ coordinator: tenth, ...outranked })).toBe(id)
      expect(machine.fate(id, moment)).toBe('drop')
      expect(drain()).toContainEqual({ kind: 'terminate', id })
    })

    test('lets nothing out of what was held and ends by itself or by hand: somebody else may have it', () => {
      register()
      const ends = [
        (): unknown => machine.endLocally(uuid('lobby'), 'terminated'),
        (): unknown => machine.endAll()
      ]
      for (const end of ends) {
        const id = serve()
        pass(2400)
        register({ held: [uuid('lobby')] })
        end()
        expect(machine.fate(id, moment)).toBe('drop')
        expect(machine.registration([room], undefined, moment).containers).toMatchObject([
          { uuid: 'lobby', token: token(1), ending: true, lapsed: true }
        ])
        machine.terminated(id)
        register()
      }
    })

    test('reports what is ending, and lets its last words out only if nobody else can have it', () => {
      register()
      const id = serve()
      machine.endLocally(uuid('lobby'), 'terminated')
      drain()
      const asked = machine.registration([room], undefined, moment)
      expect(asked.containers).toMatchObject([{ uuid: 'lobby', ending: true, token: token(1) }])
      register({ resume: [{ uuid: uuid('lobby'), token: token(1) }] })
      expect(machine.fate(id, moment)).toBe('release')
      register()
      expect(machine.fate(id, moment)).toBe('drop')
      machine.terminated(id)
      expect(drain()).toContainEqual(expect.objectContaining({ kind: 'report' }))
    })

    test('withdraws the starts of a lease that has lapsed, or of another coordinator', () => {
      const withdrawn = expect.objectContaining({ kind: 'startFailed' }) as AgentEffect
      expect(startAndRegister({}, 2400)).toContainEqual(withdrawn)
      expect(startAndRegister({ coordinator: { epoch: 11, incarnation: 'next' } }, 0)).toContainEqual(
        withdrawn
      )
      expect(startAndRegister({}, 100)).not.toContainEqual(withdrawn)
    })

    test('lets an HA container that is outranked stand by, and drops what it still says', () => {
      const id = machine.addStandby({ uuid: uuid('leader'), kind: room, endpoint })
      register({ resume: [{ uuid: uuid('leader'), token: token(1) }] })
      pass(2400)
      register({ held: [uuid('leader')] })
      const outranked = {
        startId: undefined,
        uuid: uuid('leader'),
        token: token(1),
        reason: 'outranked' as const
      }
      expect(machine.end({ coordinator: tenth, ...outranked })).toBeUndefined()
      expect(machine.instance(id)?.phase).toEqual({ kind: 'standby' })
      expect(machine.fate(id, moment)).toBe('drop')
      expect(drain()).toContainEqual({ kind: 'demoted', id })
    })

    test('obeys no command', () => {
      register()
      pass(2400)
      expect(() => machine.start(startCommand(), moment)).toThrow(refused)
      expect(() =>
        machine.grant({ coordinator: tenth, uuid: uuid('lobby'), startId: 1, token: token(1) }, moment)
      ).toThrow(refused)
    })
  })

  describe('epochs', () => {
    test('that are older than one obeyed are refused', () => {
      register()
      expect(register({ coordinator: { epoch: 9, incarnation: 'ninth' } })).toBe(false)
      expect(machine.lease.holder).toEqual(tenth)
    })

    test('that are the same of another incarnation are refused', () => {
      register()
      expect(register({ coordinator: { epoch: 10, incarnation: 'twin' } })).toBe(false)
      const twin = startCommand({ coordinator: { epoch: 10, incarnation: 'twin' } })
      expect(() => machine.start(twin, moment)).toThrow(refused)
    })

    test('that are newer are obeyed, and the older ones no more', () => {
      register()
      const eleventh = { epoch: 11, incarnation: 'eleventh' }
      expect(register({ coordinator: eleventh })).toBe(true)
      expect(() => machine.start(startCommand(), moment)).toThrow(refused)
      machine.start(startCommand({ coordinator: eleventh }), moment)
      expect(drain()).toMatchObject([{ kind: 'runFactory' }])
    })
  })

  describe('registering', () => {
    test('resumes, lets stand by, and ends, as the answer says', () => {
      register()
      const kept = serve()
      const lost = serve({ startId: 2, uuid: uuid('lost'), token: token(2) })
      const leader = machine.addStandby({ uuid: uuid('leader'), kind: room, endpoint })
      register({ resume: [{ uuid: uuid('lobby'), token: token(7, 10) }], standby: [uuid('leader')] })
      expect(machine.instance(kept)?.phase).toEqual({ kind: 'serving', token: token(7) })
      expect(machine.instance(leader)?.phase).toEqual({ kind: 'standby' })
      expect(machine.instance(lost)?.phase).toMatchObject({ kind: 'ending', reason: 'fenced' })
    })

    test('does not touch what was added while the answer was on its way', () => {
      const asked = machine.registration([room], undefined, moment)
      const late = machine.addStandby({ uuid: uuid('late'), kind: room, endpoint })
      const reply = {
        coordinator: tenth,
        leaseMs: 2400,
        pingIntervalMs: 1000,
        resume: [],
        standby: [],
        held: []
      }
      expect(machine.registered(reply, asked, moment)).toBe(true)
      expect(machine.instance(late)?.phase).toEqual({ kind: 'standby' })
    })

    test('does not touch what this coordinator has started under the same name meanwhile', () => {
      register()
      const first = serve()
      const asked = machine.registration([room], undefined, moment)
      machine.end(endOf('unused'))
      machine.terminated(first)
      drain()
      const next = serve({ startId: 2, token: token(2) })
      const reply = {
        coordinator: tenth,
        leaseMs: 2400,
        pingIntervalMs: 1000,
        resume: [],
        standby: [],
        held: []
      }
      expect(machine.registered(reply, asked, moment)).toBe(true)
      expect(machine.instance(next)?.phase).toEqual({ kind: 'serving', token: token(2) })
      // What another coordinator had started is not its own.
      const eleventh = { epoch: 11, incarnation: 'eleventh' }
      expect(machine.registered({ ...reply, coordinator: eleventh }, asked, moment)).toBe(true)
      expect(machine.instance(next)?.phase).toMatchObject({ kind: 'ending', reason: 'fenced' })
    })

    test('makes an overtaken HA container stand by again, silent from then on', () => {
      const leader = machine.addStandby({ uuid: uuid('leader'), kind: room, endpoint })
      register({ resume: [{ uuid: uuid('leader'), token: token(1) }] })
      expect(machine.fate(leader, moment)).toBe('release')
      register({ standby: [uuid('leader')] })
      expect(machine.fate(leader, moment)).toBe('drop')
      expect(machine.mayServe(uuid('leader'), moment)).toBeUndefined()
    })
  })

  describe('starts whose factory is done while a registration is under way', () => {
    test('serve once it turns out to be the same coordinator, and are answered then', () => {
      const { asked } = finishMeanwhile()
      expect(machine.mayServe(uuid('lobby'), moment)).toBeUndefined()
      expect(drain()).toEqual([{ kind: 'runFactory', command: startCommand() }])
      // Said again: the answer is still to come.
      machine.start(startCommand(), moment)
      expect(drain()).toEqual([])
      expect(answer({}, asked).map(({ kind }) => kind)).toEqual(['startSettled', 'resumed'])
      expect(machine.mayServe(uuid('lobby'), moment)?.phase.token).toEqual(token(1))
    })

    test('never serve if another coordinator answers: it may have asked somebody else', () => {
      const { asked, id } = finishMeanwhile()
      drain()
      const effects = answer({ coordinator: { epoch: 11, incarnation: 'eleventh' } }, asked)
      expect(effects.map(({ kind }) => kind)).toEqual(['startFailed', 'terminate'])
      expect(machine.instance(id)?.phase).toMatchObject({ kind: 'ending', token: undefined })
    })

    test('serve as a later registration says, which names them', () => {
      finishMeanwhile()
      drain()
      const asked = machine.registration([room], undefined, moment)
      expect(asked.containers).toMatchObject([{ uuid: 'lobby', token: undefined, startId: 1 }])
      const resume = [{ uuid: uuid('lobby'), token: token(5) }]
      expect(answer({ resume }, asked).map(({ kind }) => kind)).toEqual(['startSettled', 'resumed'])
      expect(machine.mayServe(uuid('lobby'), moment)?.phase.token).toEqual(token(5))
    })

    test('are answered as failed when they end before that', () => {
      const { id } = finishMeanwhile()
      drain()
      machine.endedItself(id)
      expect(drain()[0]).toMatchObject({ kind: 'startFailed', startId: 1, error: { code: 'NOT_SERVING' } })
    })
  })

  test('has nothing under way that somebody waits for, once its starts were withdrawn', () => {
    register()
    machine.start(startCommand(), moment)
    expect(machine.isStarting).toBe(true)
    machine.end({ ...endOf('terminated'), startId: 1, reason: 'withdrawn' })
    expect(machine.isStarting).toBe(false)
    drain()
    machine.factoryDone(1, { uuid: uuid('lobby'), endpoint })
    expect(drain().map(({ kind }) => kind)).toEqual(['startFailed', 'terminate'])
  })

  describe('starts', () => {
    test('said twice run the factory once', () => {
      register()
      machine.start(startCommand(), moment)
      machine.start(startCommand(), moment)
      expect(drain().filter((effect) => effect.kind === 'runFactory')).toHaveLength(1)
    })

    test('said again after they are done are answered as before', () => {
      register()
      serve()
      machine.start(startCommand(), moment)
      expect(drain()).toEqual([
        { kind: 'startSettled', startId: 1, result: { uuid: 'lobby', endpoint: 'there://' } }
      ])
    })

    test('of a uuid that still ends here are refused, so that it never serves twice', () => {
      register()
      const id = serve()
      machine.end({
        coordinator: tenth,
        startId: undefined,
        uuid: uuid('lobby'),
        token: token(1),
        reason: 'unused'
      })
      drain()
      machine.start(startCommand({ startId: 2, token: token(2) }), moment)
      expect(drain()).toMatchObject([{ kind: 'startFailed', startId: 2, error: { code: 'NOT_SERVING' } }])
      machine.terminated(id)
      machine.start(startCommand({ startId: 3, token: token(3) }), moment)
      expect(drain().map((effect) => effect.kind)).toEqual(['gone', 'runFactory'])
    })

    test('that were withdrawn end what they make, unserved', () => {
      register()
      machine.start(startCommand(), moment)
      machine.end({
        coordinator: tenth,
        startId: 1,
        uuid: uuid('lobby'),
        token: token(1),
        reason: 'withdrawn'
      })
      const id = machine.factoryDone(1, { uuid: uuid('lobby'), endpoint })
      expect(machine.mayServe(uuid('lobby'), moment)).toBeUndefined()
      expect(drain()).toContainEqual({ kind: 'terminate', id })
    })

    test('whose factory names the container wait for the grant before they serve', () => {
      register()
      const id = serve({ uuid: undefined, token: undefined })
      expect(machine.mayServe(uuid('made'), moment)).toBeUndefined()
      expect(machine.fate(id, moment)).toBe('drop')
      machine.grant({ coordinator: tenth, uuid: uuid('made'), startId: 1, token: token(5) }, moment)
      expect(machine.mayServe(uuid('made'), moment)?.phase).toEqual({ kind: 'serving', token: token(5) })
    })

    test('whose factory makes another uuid than was asked for fail, and nothing serves', () => {
      register()
      machine.start(startCommand(), moment)
      machine.factoryDone(1, { uuid: uuid('cellar'), endpoint })
      expect(drain()).toContainEqual(
        expect.objectContaining({
          kind: 'startFailed',
          error: expect.objectContaining({ code: 'INVALID_CONTAINER' })
        })
      )
      expect([machine.find(uuid('lobby')), machine.find(uuid('cellar'))]).toEqual([undefined, undefined])
    })
  })

  describe('tokens', () => {
    test('below the one under which it serves are refused', () => {
      register()
      serve({ token: token(5) })
      const grant = { coordinator: tenth, uuid: uuid('lobby'), startId: undefined }
      expect(() => machine.grant({ ...grant, token: token(4) }, moment)).toThrow(refused)
      machine.grant({ ...grant, token: token(6) }, moment)
      expect(machine.mayServe(uuid('lobby'), moment)?.phase).toEqual({ kind: 'serving', token: token(6) })
    })

    test('of an earlier activation end nothing', () => {
      register()
      serve({ token: token(5) })
      const end = { coordinator: tenth, startId: undefined, uuid: uuid('lobby'), reason: 'unused' as const }
      expect(machine.end({ ...end, token: token(4) })).toBeUndefined()
      expect(machine.mayServe(uuid('lobby'), moment)).toBeDefined()
      expect(machine.end({ ...end, token: token(5) })).toBeDefined()
    })
  })

  describe('ends', () => {
    test('are reported once when they happened here', () => {
      register()
      const id = serve()
      expect(machine.endLocally(uuid('lobby'), 'terminated')).toBe(id)
      expect(machine.endLocally(uuid('lobby'), 'terminated')).toBe(id)
      machine.endedItself(id)
      machine.terminated(id)
      machine.terminated(id)
      drain()
      expect(effects.filter((effect) => effect.kind === 'report')).toMatchObject([
        { report: { uuid: 'lobby', token: token(1), reason: 'terminated' } }
      ])
      expect(effects.filter((effect) => effect.kind === 'terminate')).toHaveLength(1)
    })

    test('are not reported of one that never served: another one of its name may by then', () => {
      register()
      machine.start(startCommand(), moment)
      machine.end({
        coordinator: tenth,
        startId: 1,
        uuid: uuid('lobby'),
        token: token(1),
        reason: 'withdrawn'
      })
      const withdrawn = machine.factoryDone(1, { uuid: uuid('lobby'), endpoint })
      // Its terminate() takes a while, and the agent registers meanwhile.
      register()
      serve({ startId: 2, token: token(2) })
      machine.terminated(withdrawn)
      expect(drain()).toMatchObject([{ kind: 'gone', instance: { id: withdrawn } }])
    })

    test('are reported under the token that a registration has brought meanwhile', () => {
      register()
      const id = serve()
      const slow = serve({ startId: 2, uuid: uuid('slow'), token: token(2) })
      const asked = machine.registration([room], undefined, moment)
      const unused = { coordinator: tenth, startId: undefined, reason: 'unused' as const }
      machine.end({ ...unused, uuid: uuid('lobby'), token: token(1) })
      machine.terminated(id)
      machine.end({ ...unused, uuid: uuid('slow'), token: token(2) })
      drain()
      const resume = [
        { uuid: uuid('lobby'), token: token(3) },
        { uuid: uuid('slow'), token: token(4) }
      ]
      const about = { coordinator: tenth, leaseMs: 2400, pingIntervalMs: 1000, standby: [], held: [] }
      machine.registered({ ...about, resume }, asked, moment)
      expect(drain()).toMatchObject([{ kind: 'report', report: { uuid: 'lobby', token: token(3) } }])
      machine.terminated(slow)
      expect(drain()).toMatchObject([
        { kind: 'gone' },
        { kind: 'report', report: { uuid: 'slow', token: token(4), reason: 'unused' } }
      ])
    })

    test('let last words out, unless the container was given to somebody else', () => {
      register()
      const id = serve()
      machine.endLocally(uuid('lobby'), 'terminated')
      expect(machine.fate(id, moment)).toBe('release')
      const other = serve({ startId: 2, uuid: uuid('other'), token: token(2) })
      register()
      expect(machine.fate(other, moment)).toBe('drop')
    })
  })

  describe('a container that finishes first', () => {
    const snapshot: Snapshot = { kind: 'bytes', bytes: new Uint8Array(3) }
    test.each(['unused', 'terminated', 'drained'] as const)(
      'takes nothing new, may still speak, and ends when it has: %s',
      (reason) => {
        register()
        const id = serveFinishing()
        expect(machine.end(endOf(reason))).toBe(id)
        expect(drain()).toEqual([{ kind: 'drain', id, reason }])
        expect(machine.mayServe(uuid('lobby'), moment)).toBeUndefined()
        expect(machine.fate(id, moment)).toBe('release')
        // Said again, it waits for the same end.
        expect(machine.end(endOf(reason))).toBe(id)
        expect(drain()).toEqual([])
        machine.drained(id, reason, snapshot)
        expect(drain()).toEqual([{ kind: 'terminate', id }])
        machine.terminated(id)
        expect(drain()).toMatchObject([{ kind: 'gone', instance: { id }, reason, snapshot }])
      }
    )

    test('is not asked when it is not well', () => {
      register()
      const id = serveFinishing()
      machine.endLocally(uuid('lobby'), 'health')
      expect(drain()).toEqual([{ kind: 'terminate', id }])
    })

    test('is reported with what it hands over when it was terminated here', () => {
      register()
      const id = serveFinishing()
      machine.endLocally(uuid('lobby'), 'terminated')
      // Asked twice, it is let finish all the same.
      machine.endLocally(uuid('lobby'), 'terminated')
      expect(drain()).toEqual([{ kind: 'drain', id, reason: 'terminated' }])
      machine.drained(id, 'terminated', snapshot)
      machine.terminated(id)
      drain()
      expect(effects.filter((effect) => effect.kind === 'report')).toMatchObject([
        { report: { uuid: 'lobby', token: token(1), reason: 'terminated', snapshot } }
      ])
    })

    test('that stops being well meanwhile, or whose agent closes, is waited for no longer', () => {
      register()
      const id = serveFinishing()
      machine.end(endOf('unused'))
      drain()
      expect(machine.endAll()).toEqual([id])
      expect(drain()).toEqual([{ kind: 'terminate', id }])
      machine.drained(id, 'unused', snapshot)
      machine.terminated(id)
      expect(drain()).toMatchObject([{ kind: 'gone', reason: 'agent-closed' }])
    })

    test('says nothing more once its lease has lapsed, and ends though it may go on', () => {
      register()
      const id = serveFinishing()
      machine.end(endOf('unused'))
      pass(2400)
      expect(machine.fate(id, moment)).toBe('hold')
      register({ held: [uuid('lobby')] })
      machine.drained(id, 'unused')
      expect(machine.instance(id)?.phase).toMatchObject({ kind: 'ending', report: true })
    })

    test('goes on with its end when its registration is answered', () => {
      register()
      const id = serveFinishing()
      machine.end(endOf('terminated'))
      register({ resume: [{ uuid: uuid('lobby'), token: token(4) }] })
      expect(machine.instance(id)?.phase).toMatchObject({ kind: 'draining', token: token(4) })
      expect(machine.mayServe(uuid('lobby'), moment)).toBeUndefined()
    })
  })

  test('without any coordinator it is its own master', () => {
    const alone = new AgentMachine('alone' as AgentUuid, '1')
    const startId = alone.startLocal(room, uuid('lobby'), [], undefined)
    alone.factoryDone(startId, { uuid: uuid('lobby'), endpoint })
    pass(1_000_000)
    expect(alone.mayServe(uuid('lobby'), moment)?.uuid).toBe('lobby')
  })
})
