import {
  ask,
  encodeHeaders,
  relayStream,
  tell,
  type IncomingCall,
  type IncomingStream,
  type SendFrame,
  type Session
} from '@hcengineering/network-backrpc'
import {
  AgentOperation,
  networkError,
  NetworkError,
  readContainerActivity,
  readEndResult,
  readStartResult,
  type AgentBinding,
  type AgentLink,
  type AgentUuid,
  type ClientGoneCommand,
  type ClientUuid,
  type ContainerActivity,
  type ContainerCall,
  type ContainerUuid,
  type EndCommand,
  type EndResult,
  type GrantCommand,
  type StartCommand,
  type StartResult,
  type StreamCall,
  type Subscriber,
  type Trace
} from '@hcengineering/network-core'
import type { KindTraffic, Traffic } from './traffic.ts'

/** How long an agent may take over a command, by default; a lost session ends the wait earlier. */
const commandTimeoutMs = 120_000
/** A question that somebody waits for before a screen. */
const inspectTimeoutMs = 2000

interface CommandOptions {
  readonly timeoutMs?: number
  readonly headers?: Readonly<Record<string, string>> | undefined
}

export interface RemoteAgentParts {
  readonly now: () => number
  readonly traffic: Traffic
  /** The coordinator counts on it no more. */
  readonly onGone: () => void
}

/**
 * An agent at the other end of a session: commands and requests travel to it over the session of the client
 * that registered it, on a channel of its own.
 */
export class RemoteAgent implements AgentLink {
  readonly agentId: AgentUuid
  readonly incarnation: string

  private readonly session: Session
  private readonly channel: number
  private readonly parts: RemoteAgentParts
  /** Local subscribers are clients of this server: their events come by `broadcastTo`. */
  private readonly subscribers = new Map<ClientUuid, Map<ContainerUuid, Subscriber>>()

  constructor(
    session: Session,
    channel: number,
    agentId: AgentUuid,
    incarnation: string,
    parts: RemoteAgentParts
  ) {
    this.session = session
    this.channel = channel
    this.agentId = agentId
    this.incarnation = incarnation
    this.parts = parts
  }

  async start(command: StartCommand, headers?: Readonly<Record<string, string>>): Promise<StartResult> {
    return readStartResult(await this.command(AgentOperation.start, command, { headers }))
  }

  async grant(command: GrantCommand): Promise<void> {
    await this.command(AgentOperation.grant, command)
  }

  async end(command: EndCommand): Promise<EndResult> {
    return readEndResult(await this.command(AgentOperation.end, command))
  }

  clientGone(command: ClientGoneCommand): void {
    this.subscribers.delete(command.clientId)
    this.say(AgentOperation.clientGone, command)
  }

  /**
   * Passes a request on without looking into it.
   *
   * @param kind where it is counted
   * @param trace what it belongs to, if that is recorded; ends with it
   */
  forward(call: IncomingCall, origin: string, kind: KindTraffic | undefined, trace?: Trace): void {
    const { now, traffic } = this.parts
    try {
      const onward = this.session.call(
        {
          channel: this.channel,
          target: call.target,
          operation: call.operation,
          origin,
          rawHeaders: trace === undefined ? call.rawHeaders : tracedHeaders(trace, call.rawHeaders),
          payload: call.rawPayload,
          timeoutMs: Math.max(1, call.deadline - now())
        },
        (error, payload) => {
          trace?.end(error)
          traffic.settled(kind, now() - call.arrivedAt, payload === undefined)
          if (payload === undefined) call.fail(notDispatched(error))
          else call.respondRaw(payload)
        }
      )
      call.onCancel = () =>
        this.session.cancel(onward, new NetworkError('ABORTED', 'the caller no longer waits'))
    } catch (error) {
      trace?.end(error)
      traffic.settled(kind, now() - call.arrivedAt, true)
      call.fail(notDispatched(error))
    }
  }

  /** Passes a send on without looking into it. @throws when the session takes no more */
  forwardSend(frame: SendFrame, origin: string): void {
    this.session.send({
      channel: this.channel,
      target: frame.target,
      operation: frame.operation,
      origin,
      rawHeaders: frame.headers,
      payload: frame.payload
    })
  }

  /** Passes a stream on without looking into it; the trace ends with it. */
  forwardStream(incoming: IncomingStream, origin: string, trace?: Trace): void {
    const { target, operation, headers, payload, credit, input, deadline, stream } = incoming
    try {
      const onward = this.session.openStream({
        channel: this.channel,
        target,
        operation,
        origin,
        rawHeaders: trace === undefined ? headers : tracedHeaders(trace, headers),
        payload,
        credit,
        input,
        timeoutMs: Number.isFinite(deadline) ? Math.max(1, deadline - this.parts.now()) : 0
      })
      relayStream(stream, onward, trace && ((error) => trace.end(error)))
    } catch (error) {
      trace?.end(error)
      stream.end(notDispatched(error) as Error)
    }
  }

  dispatchStream(call: StreamCall): void {
    call.sink.end(new NetworkError('UNKNOWN_OPERATION', 'streams to a remote agent are opened by a client'))
  }

  dispatch(call: ContainerCall): Promise<unknown> {
    return ask(this.session, {
      channel: this.channel,
      target: call.uuid,
      operation: call.operation,
      data: call.data,
      origin: call.clientId ?? '',
      headers: call.headers,
      timeoutMs: Math.max(1, call.deadline - this.parts.now())
    })
  }

  dispatchSend(call: ContainerCall): void {
    tell(this.session, {
      channel: this.channel,
      target: call.uuid,
      operation: call.operation,
      data: call.data,
      origin: call.clientId ?? '',
      headers: call.headers
    })
  }

  async connect(uuid: ContainerUuid, subscriber: Subscriber): Promise<void> {
    const { clientId } = subscriber
    const mine = this.subscribers.get(clientId) ?? new Map<ContainerUuid, Subscriber>()
    mine.set(uuid, subscriber)
    // Known before the container is asked: its `connect` may already send.
    this.subscribers.set(clientId, mine)
    try {
      await this.command(AgentOperation.connect, { uuid, clientId })
    } catch (error) {
      if (mine.get(uuid) === subscriber) this.forget(uuid, clientId)
      throw notDispatched(error)
    }
  }

  disconnect(uuid: ContainerUuid, clientId: ClientUuid, session: object): void {
    if (this.subscribers.get(clientId)?.get(uuid)?.session !== session) return
    this.forget(uuid, clientId)
    this.say(AgentOperation.disconnect, { uuid, clientId })
  }

  async inspect(uuid: ContainerUuid): Promise<ContainerActivity> {
    return readContainerActivity(
      await this.command(AgentOperation.inspect, { uuid }, { timeoutMs: inspectTimeoutMs })
    )
  }

  sessionEnded(session: object): void {
    for (const [clientId, mine] of this.subscribers) {
      for (const uuid of [...mine.keys()]) this.disconnect(uuid, clientId, session)
    }
  }

  gone(): void {
    this.parts.onGone()
    this.session.abandon((frame) => frame.channel === this.channel, 'its agent has gone')
  }

  /** Who is to hear what a container of this agent says to this client. */
  subscriberOf(uuid: ContainerUuid, clientId: ClientUuid): Subscriber | undefined {
    return this.subscribers.get(clientId)?.get(uuid)
  }

  forget(uuid: ContainerUuid, clientId: ClientUuid): void {
    const mine = this.subscribers.get(clientId)
    mine?.delete(uuid)
    if (mine?.size === 0) this.subscribers.delete(clientId)
  }

  bind(): AgentBinding {
    throw new NetworkError('INTERNAL', 'a remote agent binds itself')
  }

  private command(
    operation: string,
    data: unknown,
    { timeoutMs = commandTimeoutMs, headers }: CommandOptions = {}
  ): Promise<unknown> {
    return ask(this.session, { channel: this.channel, operation, data, headers, timeoutMs })
  }

  private say(operation: string, data: unknown): void {
    if (this.session.ended) return
    try {
      tell(this.session, { channel: this.channel, operation, data })
    } catch {
      // The session takes no more: its end, which is near, says the same.
    }
  }
}

/** What was surely not handed to the agent is refused rather than failed: the caller's side tries elsewhere. */
export function notDispatched(error: unknown): unknown {
  if (error instanceof NetworkError && error.code === 'CLOSED' && !error.outcomeUnknown) {
    return new NetworkError('NOT_SERVING', 'the agent cannot be reached just now', { retryable: true })
  }
  return error
}

/** The headers that tell of the trace; those that came when they have become too long. */
function tracedHeaders(trace: Trace, came: Uint8Array): Uint8Array {
  try {
    return encodeHeaders(trace.headers, networkError)
  } catch {
    return came
  }
}
