import { NetworkAgentServer } from '@hcengineering/network-client'
import {
  AgentMachine,
  Binding,
  ContainerHost,
  Lease,
  type AgentEffect,
  type Fate,
  type Instance,
  type Moment
} from '@hcengineering/network-core/machines'
import type {
  AgentLink,
  CoordinatorLink,
  EndCommand,
  InventoryEntry,
  Registration,
  RegistrationReply
} from '@hcengineering/network-core'
import { replace, type Mutant } from './mutant.ts'

type Of<T, M extends keyof T> = T[M] extends (...args: infer A) => infer R
  ? (this: T, ...args: A) => R
  : never

/** What a mutant of a binding reaches into. */
interface BindingWithin {
  readonly environment: { readonly machine: AgentMachine; readonly link: AgentLink; moment(): Moment }
  readonly coordinator: CoordinatorLink
  readonly attempt: number
  readonly closed: boolean
  readonly pingIntervalMs: number
  refresh(): void
  schedule(delayMs: number): void
}

/** Faults put into the agent machine and its lease. */
export const agentMutants: readonly Mutant[] = [
  {
    name: 'lease-never-ends',
    breaks: 'an agent serves only under a lease of 0.8 alive timeouts',
    install: () =>
      replace(
        Lease,
        'valid',
        () =>
          function (this: Lease) {
            return !this.bound || this.holder !== undefined
          }
      )
  },
  {
    name: 'lease-from-receipt',
    breaks: 'a lease is counted from the send time of its last acknowledged ping',
    install: () => {
      const seen = new WeakMap<Lease, Moment>()
      const undoValid = replace(
        Lease,
        'valid',
        (original) =>
          function (this: Lease, moment: Moment) {
            seen.set(this, moment)
            return (original as Of<Lease, 'valid'>).call(this, moment)
          }
      )
      const undoRenew = replace(
        Lease,
        'renew',
        (original) =>
          function (this: Lease, sent: Moment) {
            ;(original as Of<Lease, 'renew'>).call(this, seen.get(this) ?? sent)
          }
      )
      return () => {
        undoValid()
        undoRenew()
      }
    }
  },
  {
    name: 'lease-by-monotonic-clock',
    breaks: 'a lease is counted by the larger of monotonic and wall-clock elapsed time',
    install: () =>
      replace(
        Lease,
        'valid',
        (original) =>
          function (this: Lease, moment: Moment) {
            return (original as Of<Lease, 'valid'>).call(this, { now: moment.now, wallTime: -Infinity })
          }
      )
  },
  {
    name: 'lease-of-its-own-length',
    breaks: 'the coordinator sets leases',
    install: () =>
      replace(
        Lease,
        'grant',
        (original) =>
          function (this: Lease, ...[coordinator, sent, lengthMs]: Parameters<Lease['grant']>) {
            ;(original as Of<Lease, 'grant'>).call(this, coordinator, sent, lengthMs * 2)
          }
      )
  },
  {
    name: 'lapsed-lease-renewed',
    breaks: 'a lapsed lease is revived only by the answer to a registration',
    install: () =>
      replace(
        Binding,
        'renew',
        () =>
          async function (this: Binding) {
            const binding = this as unknown as BindingWithin
            const { machine, link } = binding.environment
            const { attempt } = binding
            const coordinator = machine.lease.holder
            if (coordinator === undefined) {
              binding.refresh()
              return
            }
            const sent = binding.environment.moment()
            binding.schedule(binding.pingIntervalMs)
            const { agentId, incarnation } = link
            const asked = binding.coordinator.renew({ agentId, incarnation, coordinator })
            const reply = await asked.catch(() => undefined)
            if (reply === undefined || binding.closed || attempt !== binding.attempt) return
            if (reply === 'register') binding.refresh()
            else machine.lease.renew(sent)
          }
      )
  },
  {
    name: 'lapsed-resumes-by-itself',
    breaks: 'once lapsed, only the answer to a registration says what may resume; the rest is dropped',
    install: () =>
      replace(
        AgentMachine,
        'registered',
        (original) =>
          function (this: AgentMachine, reply: RegistrationReply, asked: Registration, sent: Moment) {
            const named = new Set(reply.resume.map(({ uuid }) => uuid))
            const kept = asked.containers.flatMap(({ uuid, token }) =>
              token === undefined || named.has(uuid) ? [] : [{ uuid, token }]
            )
            const all = { ...reply, resume: [...reply.resume, ...kept] }
            return (original as Of<AgentMachine, 'registered'>).call(this, all, asked, sent)
          }
      )
  },
  {
    name: 'dispatches-without-lease',
    breaks: 'at lease end an agent refuses to dispatch',
    install: () =>
      replace(
        AgentMachine,
        'mayServe',
        () =>
          function (this: AgentMachine, uuid: InventoryEntry['uuid']) {
            const instance = this.find(uuid)
            return instance?.phase.kind === 'serving' ? instance : undefined
          }
      )
  },
  {
    name: 'serves-before-its-grant',
    breaks: 'a container serves only once the coordinator has granted it',
    install: () =>
      replace(
        AgentMachine,
        'factoryDone',
        (original) =>
          function (this: AgentMachine, ...done: Parameters<AgentMachine['factoryDone']>) {
            const id = (original as Of<AgentMachine, 'factoryDone'>).call(this, ...done)
            const instance = this.instance(id)
            const epoch = this.lease.holder?.epoch ?? 0
            if (instance?.phase.kind === 'prepared') {
              instance.phase = { kind: 'serving', token: { epoch, sequence: 0 } }
            }
            return id
          }
      )
  },
  {
    name: 'outputs-not-held',
    breaks: 'at lease end an agent holds back replies and broadcasts',
    install: () =>
      replace(
        AgentMachine,
        'fate',
        (original) =>
          function (this: AgentMachine, id: number, moment: Moment): Fate {
            const fate = (original as Of<AgentMachine, 'fate'>).call(this, id, moment)
            return fate === 'hold' ? 'release' : fate
          }
      )
  },
  {
    name: 'handlers-not-aborted',
    breaks: "at lease end an agent aborts its handlers' signals",
    install: () => replace(ContainerHost, 'quiesce', () => () => {})
  },
  {
    name: 'claimed-speaks-when-it-ends',
    breaks: 'what waits to hear whether it may serve again lets nothing out, when it ends either',
    install: () =>
      replace(
        AgentMachine,
        'fate',
        (original) =>
          function (this: AgentMachine, id: number, moment: Moment): Fate {
            const { phase } = this.instance(id) ?? {}
            const isSilent = phase?.kind === 'ending' && phase.wasClaimed
            if (isSilent && this.lease.valid(moment)) return 'release'
            return (original as Of<AgentMachine, 'fate'>).call(this, id, moment)
          }
      )
  },
  {
    name: 'listener-closes-first',
    breaks: 'an agent closes its listener only after it has stopped serving for good',
    install: () =>
      replace(
        NetworkAgentServer,
        'drain',
        (original) =>
          async function (this: NetworkAgentServer) {
            await (this as unknown as { listener: { close(): Promise<void> } }).listener.close()
            await (original as Of<NetworkAgentServer, 'drain'>).call(this)
          }
      )
  },
  {
    name: 'fenced-still-speaks',
    breaks: 'a container that was given to somebody else lets nothing out any more (regression case 12)',
    install: () =>
      replace(
        AgentMachine,
        'registered',
        (original) =>
          function (this: AgentMachine, reply: RegistrationReply, asked: Registration, sent: Moment) {
            const before = [...this.all()].map((instance): [Instance, Instance['phase']] => [
              instance,
              instance.phase
            ])
            const taken = (original as Of<AgentMachine, 'registered'>).call(this, reply, asked, sent)
            for (const [instance, phase] of before) {
              if (instance.phase.kind === 'ending' && phase.kind === 'serving') instance.phase = phase
            }
            return taken
          }
      )
  },
  {
    name: 'withdrawn-start-serves',
    breaks: 'a late result of a withdrawn start is ended unserved',
    install: () =>
      replace(
        AgentMachine,
        'end',
        (original) =>
          function (this: AgentMachine, command: EndCommand) {
            if (command.reason === 'withdrawn') return undefined
            return (original as Of<AgentMachine, 'end'>).call(this, command)
          }
      )
  },
  {
    name: 'unserved-end-reported',
    breaks: "the end of what was withdrawn before it served is nobody else's end",
    install: () =>
      replace(
        AgentMachine,
        'registration',
        (original) =>
          function (this: AgentMachine, ...asked: Parameters<AgentMachine['registration']>) {
            for (const instance of this.all()) {
              const { phase } = instance
              if (phase.kind === 'ending') instance.phase = { ...phase, report: true }
            }
            return (original as Of<AgentMachine, 'registration'>).call(this, ...asked)
          }
      )
  },
  {
    name: 'local-end-not-reported',
    breaks: 'a local termination reaches the coordinator (regression case 14)',
    install: () =>
      replace(
        AgentMachine,
        'drain',
        (original) =>
          function (this: AgentMachine): AgentEffect[] {
            return (original as Of<AgentMachine, 'drain'>).call(this).filter(({ kind }) => kind !== 'report')
          }
      )
  },
  {
    name: 'obeys-any-epoch',
    breaks: 'agents keep the highest epoch, say which it is, and refuse lower ones',
    install: () => {
      const undoAccepts = replace(Lease, 'accepts', () => () => true)
      const undoRegistration = replace(
        AgentMachine,
        'registration',
        (original) =>
          function (this: AgentMachine, ...asked: Parameters<AgentMachine['registration']>): Registration {
            const told = (original as Of<AgentMachine, 'registration'>).call(this, ...asked)
            return { ...told, seen: undefined }
          }
      )
      return () => {
        undoAccepts()
        undoRegistration()
      }
    }
  },
  {
    name: 'quiesced-for-good',
    breaks: 'an agent resumes what it still owns',
    install: () =>
      replace(
        AgentMachine,
        'registered',
        (original) =>
          function (this: AgentMachine, reply: RegistrationReply, asked: Registration, sent: Moment) {
            const resumes = reply.resume.length > 0 && asked.seen !== undefined ? [] : reply.resume
            return (original as Of<AgentMachine, 'registered'>).call(
              this,
              { ...reply, resume: resumes },
              asked,
              sent
            )
          }
      )
  }
]
