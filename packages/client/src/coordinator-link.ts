import { ask, askWith, decodeValue, encodeValue, type Session } from '@hcengineering/network-backrpc'
import {
  CoordinatorOperation,
  networkError,
  readRegistrationReply,
  readRenewalReply,
  type AgentUpdate,
  type AgentUuid,
  type CallerClient,
  type Clock,
  type CoordinatorLink,
  type RequestContext,
  type EndedReport,
  type Registration,
  type RegistrationReply,
  type Renewal,
  type RenewalReply,
  type AgentLink,
  type SettleRegistration,
  type SnapshotCodec
} from '@hcengineering/network-core'
import { ScopedClient } from './scoped-client.ts'

const registrationTimeoutMs = 10_000
const renewalTimeoutMs = 5_000
const reportTimeoutMs = 30_000
/** An agent that goes has given up its lease already: the coordinator notices its silence, too. */
const unregisterTimeoutMs = 2_000

/** The coordinator at the other end of a client's session, as one of the client's agents sees it. */
export class RemoteCoordinator implements CoordinatorLink {
  private readonly session: Session
  private readonly channel: number
  private readonly client: CallerClient
  private readonly clock: Clock

  constructor(session: Session, channel: number, client: CallerClient, clock: Clock) {
    this.client = client
    this.clock = clock
    this.session = session
    this.channel = channel
  }

  readonly snapshots: SnapshotCodec = {
    encode: (value) => encodeValue(value, networkError),
    decode: (bytes) => decodeValue(bytes, networkError)
  }

  callerFor(context: RequestContext): CallerClient {
    return new ScopedClient(this.client, context, this.clock)
  }

  register(registration: Registration, _agent: AgentLink, settle: SettleRegistration): void {
    const asked = {
      channel: this.channel,
      operation: CoordinatorOperation.registerAgent,
      data: registration,
      timeoutMs: registrationTimeoutMs,
      // Never sent again to a coordinator that it was not made for: what it says of the lease is of that moment.
      idempotent: false
    }
    askWith(this.session, asked, (error, value) => {
      let reply: RegistrationReply | undefined
      let failure = error
      try {
        if (failure === undefined) reply = readRegistrationReply(value)
      } catch (invalid) {
        failure = invalid as Error
      }
      settle(failure, reply)
    })
  }

  async renew(renewal: Renewal): Promise<RenewalReply> {
    return readRenewalReply(await this.ask(CoordinatorOperation.renewAgent, renewal, renewalTimeoutMs))
  }

  async ended(report: EndedReport): Promise<void> {
    await this.ask(CoordinatorOperation.containerEnded, report, reportTimeoutMs)
  }

  async update(update: AgentUpdate): Promise<void> {
    await this.ask(CoordinatorOperation.updateAgent, update, reportTimeoutMs)
  }

  async drain(agentId: AgentUuid, incarnation: string): Promise<void> {
    await this.ask(CoordinatorOperation.drainAgent, { agentId, incarnation }, reportTimeoutMs)
  }

  async unregister(agentId: AgentUuid, incarnation: string): Promise<void> {
    await this.ask(CoordinatorOperation.unregisterAgent, { agentId, incarnation }, unregisterTimeoutMs)
  }

  private ask(operation: string, data: unknown, timeoutMs: number): Promise<unknown> {
    return ask(this.session, { channel: this.channel, operation, data, timeoutMs, idempotent: true })
  }
}
