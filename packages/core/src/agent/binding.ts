import { NetworkError, toNetworkError } from '../api/errors.ts'
import type {
  AgentBinding,
  AgentLink,
  CoordinatorLink,
  Registration,
  RegistrationReply
} from '../contract/ports.ts'
import type { Clock } from '../time/clock.ts'
import type { Logger } from '../api/logger.ts'
import { elapsed, type Moment } from './lease.ts'
import type { AgentMachine } from './machine.ts'

/** What a binding asks of the agent around it. */
export interface BindingEnvironment {
  readonly clock: Clock
  readonly logger: Logger
  readonly machine: AgentMachine
  readonly link: AgentLink
  moment(): Moment
  registration(): Registration
  /** Carries out what the machine wants done. */
  apply(): void
  /** The lease has run out. */
  lapsed(): void
  /** Nothing may be served any more. */
  quiesce(): void
}

const retryMs = 200

/**
 * Keeps an agent registered with one coordinator: registers, renews the lease, registers again when told so,
 * and notices when the lease has lapsed.
 */
export class Binding implements AgentBinding {
  readonly registered: Promise<void>

  private readonly environment: BindingEnvironment
  readonly coordinator: CoordinatorLink
  /** What was left of the lease when it was last renewed, in milliseconds; undefined before. */
  marginMs: number | undefined
  private settleRegistered: { resolve: () => void; reject: (error: Error) => void } | undefined
  private pingIntervalMs = 0
  /** Counts registrations: an answer to an earlier one is out of date. */
  private attempt = 0
  private renewalsUnderWay = 0
  private closed = false
  private cancelNext: (() => void) | undefined
  private cancelLapse: (() => void) | undefined

  constructor(environment: BindingEnvironment, coordinator: CoordinatorLink) {
    this.environment = environment
    this.coordinator = coordinator
    environment.machine.lease.bind()
    this.registered = new Promise((resolve, reject) => {
      this.settleRegistered = { resolve, reject }
    })
    // Whoever waits hears of a failure; one that nobody waits for is not unhandled.
    this.registered.catch(() => {})
    this.refresh()
  }

  refresh(): void {
    if (this.closed) return
    this.schedule(undefined)
    this.register(++this.attempt)
  }

  /** Tells the coordinator that the agent is about to leave. */
  async drain(): Promise<void> {
    const { agentId, incarnation } = this.environment.link
    await this.coordinator.drain(agentId, incarnation)
  }

  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    this.schedule(undefined)
    this.cancelLapse?.()
    this.settleRegistered?.reject(new NetworkError('CLOSED', 'closed before it was registered'))
    const { machine, link, logger } = this.environment
    // Nothing is served from here on, so the coordinator may give everything away at once.
    machine.lease.surrender()
    this.environment.quiesce()
    try {
      await this.coordinator.unregister(link.agentId, link.incarnation)
    } catch (error) {
      logger.debug({ agentId: link.agentId, error }, 'unregister was not heard; the lease will run out')
    }
  }

  private register(attempt: number): void {
    const { link } = this.environment
    const asked = this.environment.registration()
    const sent = this.environment.moment()
    this.coordinator.register(asked, link, (error, reply) => {
      if (this.closed || attempt !== this.attempt) return
      if (reply === undefined) this.refused(toNetworkError(error, 'INTERNAL'))
      else this.answered(reply, asked, sent)
    })
  }

  private answered(reply: RegistrationReply, asked: Registration, sent: Moment): void {
    const { machine, link, logger } = this.environment
    if (!machine.registered(reply, asked, sent)) {
      logger.warn(
        { agentId: link.agentId, coordinator: reply.coordinator },
        'an outdated coordinator was refused'
      )
      this.schedule(retryMs)
      return
    }
    this.pingIntervalMs = reply.pingIntervalMs
    this.environment.apply()
    this.watchLapse()
    this.settleRegistered?.resolve()
    this.settleRegistered = undefined
    // Counted, as the lease, from when it was asked: of one that waited for a coordinator that stood still, nothing may
    // be left, and what it resumed serves only once it is renewed.
    this.schedule(Math.max(0, this.pingIntervalMs - elapsed(sent, this.environment.moment())))
  }

  private refused(error: NetworkError): void {
    const { link, logger } = this.environment
    logger.warn({ agentId: link.agentId, code: error.code }, `not registered: ${error.message}`)
    // Before it was ever registered, somebody waits to hear why not.
    if (!error.retryable && !error.outcomeUnknown && this.settleRegistered !== undefined) {
      this.settleRegistered.reject(error)
      this.settleRegistered = undefined
      this.closed = true
      return
    }
    this.schedule(retryMs)
  }

  private async renew(): Promise<void> {
    const { machine, link, logger } = this.environment
    const coordinator = machine.lease.holder
    const { attempt } = this
    if (coordinator === undefined) {
      this.refresh()
      return
    }
    const sent = this.environment.moment()
    // A lapsed lease is revived only by the answer to a registration, which says what is still owned.
    if (!machine.lease.valid(sent)) {
      this.refresh()
      return
    }
    this.schedule(this.pingIntervalMs)
    if (this.renewalsUnderWay > 3) return
    this.renewalsUnderWay++
    try {
      const reply = await this.coordinator.renew({
        agentId: link.agentId,
        incarnation: link.incarnation,
        coordinator
      })
      if (this.closed || attempt !== this.attempt) return
      // Answered too late: the lease has lapsed meanwhile, which nothing but a registration revives.
      if (reply === 'register' || !machine.lease.valid(this.environment.moment())) {
        this.refresh()
      } else {
        this.marginMs = machine.lease.remaining(this.environment.moment())
        machine.lease.renew(sent)
        this.watchLapse()
      }
    } catch (error) {
      logger.debug({ agentId: link.agentId, error }, 'a lease renewal was not answered')
    } finally {
      this.renewalsUnderWay--
    }
  }

  /** Quiesces when the lease ends; looks again when it was renewed meanwhile. */
  private watchLapse(): void {
    this.cancelLapse?.()
    const { clock, machine } = this.environment
    const remaining = machine.lease.remaining(this.environment.moment())
    this.cancelLapse = clock.after(remaining, () => {
      if (this.closed) return
      if (machine.lease.valid(this.environment.moment())) this.watchLapse()
      else this.environment.lapsed()
    })
  }

  private schedule(delayMs: number | undefined): void {
    this.cancelNext?.()
    this.cancelNext =
      delayMs === undefined ? undefined : this.environment.clock.after(delayMs, () => void this.renew())
  }
}
