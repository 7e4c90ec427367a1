import {
  type ClientUuid,
  type ContainerUuid,
  type EndedReport,
  type GetInput,
  type Registration,
  type RegistrationReply,
  type Renewal,
  type RenewalReply
} from '@hcengineering/network-core'
import {
  CoordinatorMachine,
  CoordinatorState,
  Entrance,
  Placement,
  recoveryHold,
  type ContainerEntry,
  type CoordinatorEffect,
  type Timed
} from '@hcengineering/network-core/machines'
import { replace, type Mutant } from './mutant.ts'

type Of<T, M extends keyof T> = T[M] extends (...args: infer A) => infer R
  ? (this: T, ...args: A) => R
  : never
type Drain = Of<CoordinatorMachine, 'drain'>
type Register = Of<CoordinatorMachine, 'register'>
type Get = Of<CoordinatorMachine, 'get'>

interface Saving {
  readonly keeper: { remember(entry: Parameters<Entrance['admit']>[0]): Promise<void> }
}

/** What a mutant of the coordinator reaches into. */
function stateOf(machine: CoordinatorMachine): CoordinatorState {
  return (machine as unknown as { state: CoordinatorState }).state
}

function altered(change: (effect: CoordinatorEffect, machine: CoordinatorMachine) => CoordinatorEffect[]) {
  return (): (() => void) =>
    replace(
      CoordinatorMachine,
      'drain',
      (original) =>
        function (this: CoordinatorMachine) {
          return (original as Drain).call(this).flatMap((effect) => change(effect, this))
        }
    )
}

function answered(
  change: (reply: RegistrationReply, asked: Registration, machine: CoordinatorMachine) => RegistrationReply
) {
  return (): (() => void) =>
    replace(
      CoordinatorMachine,
      'register',
      (original) =>
        function (this: CoordinatorMachine, registration: Registration, now: number) {
          return change((original as Register).call(this, registration, now), registration, this)
        }
    )
}

/** `share` of the silence that it should take until somebody is given up. */
function impatient(type: Timed['type'], share: number) {
  return (): (() => void) =>
    replace(
      CoordinatorMachine,
      'isSilent',
      (original) =>
        function (this: CoordinatorMachine, who: Timed, timeoutMs: number) {
          const silent = original as unknown as (
            this: CoordinatorMachine,
            who: Timed,
            timeoutMs: number
          ) => boolean
          return silent.call(this, who, who.type === type ? timeoutMs * share : timeoutMs)
        }
    )
}

function gets(change: (input: GetInput, machine: CoordinatorMachine) => GetInput) {
  return (): (() => void) =>
    replace(
      CoordinatorMachine,
      'get',
      (original) =>
        function (this: CoordinatorMachine, input: GetInput, now: number) {
          return (original as Get).call(this, change(input, this), now)
        }
    )
}

/** Faults put into the coordinator machine. */
export const coordinatorMutants: readonly Mutant[] = [
  {
    name: 'gives-away-early',
    breaks: 'a container is given to someone else only after the whole alive timeout',
    install: impatient('agent', 0.5)
  },
  {
    name: 'agents-never-die',
    breaks: 'an agent that is silent for the alive timeout is given up',
    mode: 'core',
    install: impatient('agent', 1000)
  },
  {
    name: 'clients-never-die',
    breaks: 'references of a dead client vanish within its alive timeout (regression case 23)',
    install: impatient('client', 1000)
  },
  {
    name: 'clients-not-heard',
    breaks: 'a live client keeps what it refers to (regression case 1)',
    install: () => replace(CoordinatorMachine, 'clientHeard', () => () => true)
  },
  {
    name: 'renews-strangers',
    breaks: 'a lease belongs to an agent, its incarnation and an epoch',
    install: () =>
      replace(
        CoordinatorMachine,
        'renew',
        (original) =>
          function (this: CoordinatorMachine, renewal: Renewal, now: number): RenewalReply {
            ;(original as Of<CoordinatorMachine, 'renew'>).call(this, renewal, now)
            return 'renewed'
          }
      )
  },
  {
    name: 'no-recovery-hold',
    breaks: 'a coordinator that has just started places nothing that an unheard agent may still own',
    install: () => {
      const original = Object.getOwnPropertyDescriptor(CoordinatorState.prototype, 'recovering')
      if (original === undefined) throw new Error('there is no hold to leave out')
      Object.defineProperty(CoordinatorState.prototype, 'recovering', {
        get: () => false,
        configurable: true
      })
      return () => Object.defineProperty(CoordinatorState.prototype, 'recovering', original)
    }
  },
  {
    name: 'hold-ends-with-the-first',
    breaks:
      'the hold ends early only once every agent of the remembered roster has registered, or is proven dead',
    install: () =>
      replace(
        CoordinatorMachine,
        'register',
        (original) =>
          function (this: CoordinatorMachine, registration: Registration, now: number) {
            const reply = (original as Register).call(this, registration, now)
            stateOf(this).deadlines.delete(recoveryHold)
            const { placement } = this as unknown as { placement: { retryStranded(): void } }
            placement.retryStranded()
            return reply
          }
      )
  },
  {
    name: 'lease-before-durable',
    breaks: 'no lease is given before the roster entry is durable',
    install: () =>
      replace(
        Entrance,
        'admit',
        () =>
          function (this: Entrance, ...[entry, taken]: Parameters<Entrance['admit']>) {
            const { keeper } = this as unknown as Saving
            keeper.remember(entry).catch(() => {})
            taken()
          }
      )
  },
  {
    name: 'own-stall-not-noticed',
    breaks: 'who notices that its own event loop stalled looks again before it declares others dead',
    install: () =>
      replace(
        CoordinatorMachine,
        'isSilent',
        (original) =>
          function (this: CoordinatorMachine, who: Timed, timeoutMs: number) {
            const machine = this as unknown as { noExpiryBefore: number }
            machine.noExpiryBefore = 0
            const silent = original as unknown as (who: Timed, timeoutMs: number) => boolean
            return silent.call(this, who, timeoutMs)
          }
      )
  },
  {
    name: 'epoch-not-raised',
    breaks: 'a coordinator that hears of a later epoch takes a higher one',
    install: () =>
      replace(
        CoordinatorState,
        'raiseEpoch',
        () =>
          function (this: CoordinatorState, above: number) {
            this.noteEarlierEpoch(above)
          }
      )
  },
  {
    name: 'tokens-stand-still',
    breaks: 'each activation has a token above all before it',
    install: altered((effect) => {
      if (effect.kind === 'grant' || (effect.kind === 'start' && effect.command.token !== undefined)) {
        const token = { epoch: effect.command.coordinator.epoch, sequence: 1 }
        return [{ ...effect, command: { ...effect.command, token } } as CoordinatorEffect]
      }
      return [effect]
    })
  },
  {
    name: 'next-before-the-last-has-ended',
    breaks: 'an activation that is being ended keeps its uuid until it has (regression case 13)',
    install: () =>
      replace(
        CoordinatorMachine,
        'drain',
        (original) =>
          function (this: CoordinatorMachine) {
            const effects = (original as Drain).call(this)
            for (const effect of effects) {
              if (effect.kind === 'end') this.endSucceeded(effect.agent, effect.command, stateOf(this).now)
            }
            return effects
          }
      )
  },
  {
    name: 'unknown-start-taken-for-failed',
    breaks: 'a start is withdrawn only by the acknowledgement of the agent, or its lease end',
    install: () =>
      replace(
        CoordinatorMachine,
        'startFailed',
        (original) =>
          function (
            this: CoordinatorMachine,
            ...[startId, failure, now]: Parameters<CoordinatorMachine['startFailed']>
          ) {
            const taken = failure.kind === 'unknown' ? ({ kind: 'refused' } as const) : failure
            ;(original as Of<CoordinatorMachine, 'startFailed'>).call(this, startId, taken, now)
          }
      )
  },
  {
    name: 'failed-start-holds-its-place',
    breaks: 'a failing factory rejects the get, and spoils no later one (regression case 5)',
    install: () =>
      replace(
        CoordinatorMachine,
        'startFailed',
        (original) =>
          function (this: CoordinatorMachine, ...asked: Parameters<CoordinatorMachine['startFailed']>) {
            if (asked[1].kind === 'failed') return
            ;(original as Of<CoordinatorMachine, 'startFailed'>).call(this, ...asked)
          }
      )
  },
  {
    name: 'labelled-starts-not-shared',
    breaks: 'two gets with the same label share one container (regression case 7)',
    install: () =>
      replace(
        Placement,
        'seekLabels',
        (original) =>
          function (this: Placement, get: unknown) {
            const seek = original as unknown as (get: unknown) => void
            const { starts } = (this as unknown as { state: CoordinatorState }).state
            const underWay = [...starts]
            starts.clear()
            seek.call(this, get)
            for (const [startId, start] of underWay) starts.set(startId, start)
          }
      )
  },
  {
    name: 'taken-name-granted',
    breaks: 'a name already taken is UUID_IN_USE and the newcomer is ended unserved (regression case 21)',
    install: altered((effect, machine) => {
      if (effect.kind !== 'end' || effect.command.reason !== 'withdrawn') return [effect]
      const { uuid, startId, coordinator } = effect.command
      if (uuid === undefined) return [effect]
      const token = stateOf(machine).nextToken()
      return [{ kind: 'grant', agent: effect.agent, command: { coordinator, uuid, startId, token } }]
    })
  },
  {
    name: 'standbys-ended',
    breaks: 'a rejected standby stays alive (regression case 8)',
    install: answered((reply) => ({ ...reply, standby: [] }))
  },
  {
    name: 'standbys-serve',
    breaks: 'the first registration of a uuid wins, the others stand by (regression case 22)',
    install: answered((reply, _asked, machine) => ({
      ...reply,
      standby: [],
      resume: [
        ...reply.resume,
        ...reply.standby.map((uuid) => ({ uuid, token: stateOf(machine).nextToken() }))
      ]
    }))
  },
  {
    name: 'one-handle-ends-all',
    breaks: 'references are counted by handles (regression case 2)',
    install: () =>
      replace(
        CoordinatorMachine,
        'release',
        (original) =>
          function (this: CoordinatorMachine, id: ClientUuid, handle: string, now: number) {
            const release = original as Of<CoordinatorMachine, 'release'>
            const handles = stateOf(this).clients.get(id)?.handles ?? new Map<string, ContainerEntry>()
            const entry = handles.get(handle)
            const others = [...handles].filter(([, other]) => other === entry).map(([other]) => other)
            for (const other of [handle, ...others]) release.call(this, id, other, now)
          }
      )
  },
  {
    name: 'releases-not-heard',
    breaks: 'a container without references is ended',
    install: () => replace(CoordinatorMachine, 'release', () => () => {})
  },
  {
    name: 'unused-not-told',
    breaks: 'what the directory has not, no agent has',
    install: altered((effect) =>
      effect.kind === 'end' && effect.command.reason === 'unused' ? [] : [effect]
    )
  },
  {
    name: 'any-kind-will-do',
    breaks: 'a uuid of one kind is not handed out as another kind (regression case 6)',
    install: gets((input, machine) => {
      const kind = input.uuid === undefined ? undefined : stateOf(machine).directory.get(input.uuid)?.kind
      return kind === undefined ? input : { ...input, kind }
    })
  },
  {
    name: 'plain-get-takes-labelled',
    breaks: 'a get without labels never returns a labelled container (regression case 7)',
    install: gets((input, machine) => {
      if (input.uuid !== undefined || input.labels.length > 0) return input
      for (const entry of stateOf(machine).directory.ofKind(input.kind)) {
        if (entry.labels.length > 0) return { ...input, uuid: entry.uuid }
      }
      return input
    })
  },
  {
    name: 'labels-not-looked-at',
    breaks: 'a get with labels returns a container that bears them all',
    install: gets((input) => (input.labels.length > 1 ? { ...input, labels: input.labels.slice(1) } : input))
  },
  {
    name: 'ended-not-heard',
    breaks: 'the coordinator acts on what agents report',
    install: () =>
      replace(
        CoordinatorMachine,
        'containerEnded',
        (original) =>
          function (this: CoordinatorMachine, report: EndedReport, now: number) {
            if (report.reason === 'terminated') return
            ;(original as Of<CoordinatorMachine, 'containerEnded'>).call(this, report, now)
          }
      )
  },
  {
    name: 'leaving-not-heard',
    breaks: 'what an agent had that has left is placed elsewhere (regression cases 9 and 10)',
    mode: 'heal',
    install: () =>
      replace(
        CoordinatorMachine,
        'register',
        (original) =>
          function (this: CoordinatorMachine, registration: Registration, now: number) {
            // Whatever it brings along or not, it is believed to have all that it had.
            const known = [...stateOf(this).directory.all()].filter(
              ({ place }) => 'agent' in place && place.agent.agentId === registration.agentId
            )
            const reply = (original as Register).call(this, registration, now)
            const brought = new Set<ContainerUuid>(registration.containers.map(({ uuid }) => uuid))
            const agent = stateOf(this).roster.incarnationsOf(registration.agentId).at(-1)
            for (const entry of known) {
              if (agent === undefined || brought.has(entry.uuid) || entry.place.kind === 'serving') continue
              const token = stateOf(this).nextToken()
              const endpoint = '' as never
              stateOf(this).move(entry, { kind: 'serving', agent, endpoint, token, since: now })
            }
            return reply
          }
      )
  }
]
