import { expect, test } from 'vitest'
import { Binding } from '../../src/agent/binding.ts'
import { AgentMachine } from '../../src/agent/machine.ts'
import { silentLogger } from '../../src/api/logger.ts'
import type { AgentUuid } from '../../src/api/ids.ts'
import type {
  AgentLink,
  CoordinatorLink,
  RegistrationReply,
  SettleRegistration
} from '../../src/contract/ports.ts'
import { ManualClock } from '../time/manual-clock.ts'

const agentId = 'agent' as AgentUuid
const reply: RegistrationReply = {
  coordinator: { epoch: 10, incarnation: 'tenth' },
  leaseMs: 2400,
  pingIntervalMs: 1000,
  resume: [],
  standby: [],
  held: []
}

/** A binding to a coordinator that answers registrations when it is told to. */
function bind(): {
  binding: Binding
  clock: ManualClock
  asked: SettleRegistration[]
  renewals: () => number
  answerRenewal: () => void
  leased: () => boolean
} {
  const clock = new ManualClock()
  const asked: SettleRegistration[] = []
  let renewals = 0
  let answer: ((reply: 'renewed') => void) | undefined
  const machine = new AgentMachine(agentId, 'first')
  const moment = () => ({ now: clock.now(), wallTime: clock.now() })
  const coordinator = {
    register: (_registration: unknown, _agent: unknown, settle: SettleRegistration) =>
      void asked.push(settle),
    renew: () => {
      renewals++
      return new Promise((resolve) => {
        answer = resolve
      })
    }
  } as unknown as CoordinatorLink
  const binding = new Binding(
    {
      clock,
      logger: silentLogger,
      machine,
      link: { agentId, incarnation: 'first' } as AgentLink,
      moment,
      registration: () => machine.registration([], undefined, moment()),
      apply: () => {},
      lapsed: () => {},
      quiesce: () => {}
    },
    coordinator
  )
  return {
    binding,
    clock,
    asked,
    renewals: () => renewals,
    answerRenewal: () => answer?.('renewed'),
    leased: () => machine.lease.valid(moment())
  }
}

test('an agent whose registration was answered late renews when that is due, counted from when it asked', async () => {
  const { binding, clock, asked, renewals } = bind()
  await clock.advance(700)
  asked[0]?.(undefined, reply)
  await clock.advance(299)
  expect(renewals()).toBe(0)
  await clock.advance(1)
  expect(renewals()).toBe(1)
  await expect(binding.registered).resolves.toBeUndefined()
})

test('an agent whose lease has lapsed before it was granted registers again at once', async () => {
  const { clock, asked, leased } = bind()
  await clock.advance(5000)
  asked[0]?.(undefined, reply)
  expect(leased()).toBe(false)
  await clock.advance(0)
  expect(asked).toHaveLength(2)
  asked[1]?.(undefined, reply)
  expect(leased()).toBe(true)
})

test('an agent whose renewal was answered when its lease had just lapsed registers again at once', async () => {
  const { clock, asked, renewals, answerRenewal, leased } = bind()
  await clock.advance(2397)
  asked[0]?.(undefined, reply)
  await clock.advance(0)
  expect(leased()).toBe(true)
  expect(renewals()).toBe(1)
  await clock.advance(5)
  expect(leased()).toBe(false)
  answerRenewal()
  await clock.advance(0)
  expect(asked).toHaveLength(2)
})
