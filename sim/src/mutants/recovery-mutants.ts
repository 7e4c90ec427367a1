import {
  CoordinatorMachine,
  CoordinatorState,
  Lease,
  Placement,
  type ContainerEntry
} from '@hcengineering/network-core/machines'
import type { CoordinatorIdentity, Registration, Renewal } from '@hcengineering/network-core'
import { replace, type Mutant } from './mutant.ts'

type Of<T, M extends keyof T> = T[M] extends (...args: infer A) => infer R
  ? (this: T, ...args: A) => R
  : never

interface State {
  readonly state: CoordinatorState
}

/** Runs something while the coordinator believes that it recovers from nothing. */
function withoutHold<T>(state: CoordinatorState, run: () => T): T {
  Object.defineProperty(state, 'recovering', { value: false, configurable: true })
  try {
    return run()
  } finally {
    delete (state as { recovering?: unknown }).recovering
  }
}

/** Faults put into what a coordinator believes of incarnations, and of its predecessor. */
export const recoveryMutants: readonly Mutant[] = [
  {
    name: 'next-incarnation-inherits',
    breaks: 'another incarnation inherits nothing before the lease end or proof of death of the old one',
    install: () =>
      replace(
        CoordinatorMachine,
        'register',
        (original) =>
          function (this: CoordinatorMachine, registration: Registration, now: number) {
            const { agentId, incarnation } = registration
            const { roster } = (this as unknown as State).state
            for (const other of [...roster.incarnationsOf(agentId)]) {
              if (other.incarnation !== incarnation) this.unregister(agentId, other.incarnation, now)
            }
            return (original as Of<CoordinatorMachine, 'register'>).call(this, registration, now)
          }
      )
  },
  {
    name: 'equal-epochs-obeyed',
    breaks: 'an equal epoch of another incarnation is refused, and that coordinator takes a higher one',
    install: () => {
      const undoAccepts = replace(
        Lease,
        'accepts',
        () =>
          function (this: Lease, { epoch }: CoordinatorIdentity): boolean {
            return this.seen === undefined || epoch >= this.seen.epoch
          }
      )
      const heard = (['registering', 'register'] as const).map((input) =>
        replace(
          CoordinatorMachine,
          input,
          (original) =>
            function (this: CoordinatorMachine, registration: Registration, now: number) {
              const { identity } = (this as unknown as State).state
              const isEqual = registration.seen?.epoch === identity.epoch
              const told = isEqual ? { ...registration, seen: identity } : registration
              return (original as Of<CoordinatorMachine, 'register'>).call(this, told, now)
            }
        )
      )
      return () => {
        undoAccepts()
        for (const undo of heard) undo()
      }
    }
  },
  {
    name: 'any-ping-counts',
    breaks: 'an agent whose lease is not renewed counts as silent even if pings arrive',
    install: () =>
      replace(
        CoordinatorMachine,
        'renew',
        (original) =>
          function (this: CoordinatorMachine, renewal: Renewal, now: number) {
            this.agentHeard(renewal.agentId, now)
            return (original as Of<CoordinatorMachine, 'renew'>).call(this, renewal, now)
          }
      )
  },
  {
    name: 'lapsed-believed',
    breaks:
      'the hold ends early for a uuid only by an agent whose lease never lapsed: the highest token wins',
    install: () =>
      replace(
        CoordinatorMachine,
        'register',
        (original) =>
          function (this: CoordinatorMachine, registration: Registration, now: number) {
            const containers = registration.containers.map((item) => ({ ...item, lapsed: false }))
            const believed = { ...registration, containers }
            return (original as Of<CoordinatorMachine, 'register'>).call(this, believed, now)
          }
      )
  },
  {
    name: 'missing-roster-taken-for-empty',
    breaks: 'a missing roster waits in full',
    install: () =>
      replace(
        CoordinatorState,
        'holdFor',
        (original) =>
          function (this: CoordinatorState, ms: number) {
            const { held } = this as unknown as { held: boolean }
            if (this.options.remembered === undefined && !held) return
            ;(original as Of<CoordinatorState, 'holdFor'>).call(this, ms)
          }
      )
  },
  {
    name: 'standbys-promoted-in-the-hold',
    breaks: 'standbys are promoted only when the hold ends (regression case 22)',
    install: () =>
      replace(
        Placement,
        'place',
        (original) =>
          function (this: Placement, entry: ContainerEntry, ...rest: unknown[]) {
            const place = original as unknown as (entry: ContainerEntry, ...rest: unknown[]) => void
            const { state } = this as unknown as State
            if (entry.standbys === undefined || !state.recovering) place.call(this, entry, ...rest)
            else withoutHold(state, () => place.call(this, entry, ...rest))
          }
      )
  },
  {
    name: 'labels-placed-in-the-hold',
    breaks: 'nor by kind and labels is anything placed that an unheard agent may own (regression case 25)',
    install: () =>
      replace(
        Placement,
        'seekLabels',
        (original) =>
          function (this: Placement, get: unknown) {
            const seek = original as unknown as (get: unknown) => void
            withoutHold((this as unknown as State).state, () => seek.call(this, get))
          }
      )
  }
]
