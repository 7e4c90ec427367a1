import {
  decodeHeaders,
  decodeValue,
  emptyPayload,
  encodeValue,
  serveStream,
  tell,
  type EventQueue,
  type IncomingCall,
  type IncomingStream,
  type SendFrame,
  type SendOptions,
  type Session
} from '@hcengineering/network-backrpc'
import {
  AgentOperation,
  ClientNotice,
  networkError,
  NetworkError,
  noHeaders,
  readClientGone,
  readClientOfContainer,
  readEndCommand,
  readGrantCommand,
  readStartCommand,
  readUuid,
  SharedEvent,
  type AgentLink,
  type ClientUuid,
  type ContainerCall,
  type ContainerUuid,
  type Logger,
  type Subscriber
} from '@hcengineering/network-core'

/** A request that has come over a session, as an agent takes it. Made for every request: reads what is asked for. */
class SessionCall implements ContainerCall {
  readonly data: unknown
  readonly clientId: ClientUuid
  private readonly call: IncomingCall

  /** @throws `INVALID_MESSAGE` */
  constructor(call: IncomingCall, clientId: ClientUuid) {
    this.call = call
    this.data = call.data
    this.clientId = clientId
  }

  get uuid(): ContainerUuid {
    return this.call.target as ContainerUuid
  }

  get operation(): string {
    return this.call.operation
  }

  get deadline(): number {
    return this.call.deadline
  }

  get headers(): Readonly<Record<string, string>> {
    return this.call.rawHeaders.length === 0 ? noHeaders : this.call.headers
  }

  signal(): AbortSignal {
    return this.call.signal
  }
}

/** Hands a request that has come over a session to an agent. */
export function dispatchRequest(agent: AgentLink, call: IncomingCall, clientId: ClientUuid): void {
  let request: SessionCall
  try {
    request = new SessionCall(call, clientId)
  } catch (error) {
    call.fail(error)
    return
  }
  agent.dispatch(request).then(
    (value) => call.respond(value),
    (error: unknown) => call.fail(error)
  )
}

/** Hands a send that has come over a session to an agent. */
export function dispatchSend(agent: AgentLink, frame: SendFrame, clientId: ClientUuid, logger: Logger): void {
  try {
    agent.dispatchSend({
      uuid: frame.target as ContainerUuid,
      operation: frame.operation,
      data: decodeValue(frame.payload, networkError),
      clientId,
      deadline: Infinity,
      headers: decodeHeaders(frame.headers, networkError),
      signal: () => new AbortController().signal
    })
  } catch (error) {
    logger.warn({ uuid: frame.target, operation: frame.operation, error }, 'a send was not understood')
  }
}

/** Hands a stream that was opened over a session to an agent. */
export function dispatchStream(
  agent: AgentLink,
  incoming: IncomingStream,
  clientId: ClientUuid,
  session: Session
): void {
  serveStream(incoming, session, (served) => {
    const { target, operation, deadline } = incoming
    agent.dispatchStream(
      Object.assign(served, { uuid: target as ContainerUuid, operation, clientId, deadline })
    )
  })
}

/** Performs what a client asks of an agent over a direct session. */
export function performForClient(
  agentFor: (uuid: ContainerUuid) => AgentLink | undefined,
  call: IncomingCall,
  clientId: ClientUuid,
  events: EventQueue
): void {
  settle(call, async () => {
    const uuid = readUuid(call.data)
    const agent = agentFor(uuid)
    if (agent === undefined) throw notServedHere(uuid)
    switch (call.operation) {
      case AgentOperation.connect:
        await agent.connect(uuid, directSubscriber(call.session, clientId, events))
        return undefined
      case AgentOperation.disconnect:
        agent.disconnect(uuid, clientId, call.session)
        return undefined
      default:
        throw new NetworkError('UNKNOWN_OPERATION', `an agent has no operation '${call.operation}'`)
    }
  })
}

/** Performs what the coordinator asks of an agent. */
export function performForCoordinator(agent: AgentLink, call: IncomingCall): void {
  settle(call, async () => {
    switch (call.operation) {
      case AgentOperation.start:
        return await agent.start(readStartCommand(call.data), call.headers)
      case AgentOperation.grant:
        return await agent.grant(readGrantCommand(call.data))
      case AgentOperation.end:
        return await agent.end(readEndCommand(call.data))
      case AgentOperation.inspect:
        return await agent.inspect(readUuid(call.data))
      case AgentOperation.connect: {
        const { uuid, clientId } = readClientOfContainer(call.data)
        return await agent.connect(uuid, routedSubscriber(call.session, call.channel, clientId))
      }
      default:
        throw new NetworkError('UNKNOWN_OPERATION', `an agent has no operation '${call.operation}'`)
    }
  })
}

/** Performs what the coordinator tells an agent without waiting for an answer. */
export function tellAgent(agent: AgentLink, frame: SendFrame, session: Session, logger: Logger): void {
  try {
    const data = decodeValue(frame.payload, networkError)
    if (frame.operation === AgentOperation.clientGone) {
      agent.clientGone(readClientGone(data))
    } else if (frame.operation === AgentOperation.disconnect) {
      const { uuid, clientId } = readClientOfContainer(data)
      agent.disconnect(uuid, clientId, session)
    }
  } catch (error) {
    logger.warn({ operation: frame.operation, error }, 'a notice was not understood')
  }
}

/** Refused before anything was dispatched. */
export function notServedHere(uuid: string): NetworkError {
  return new NetworkError('NOT_SERVING', `container ${uuid} is not served here now`, { retryable: true })
}

function settle(call: IncomingCall, perform: () => Promise<unknown>): void {
  perform().then(
    (value) => call.respond(value),
    (error: unknown) => call.fail(error)
  )
}

/** An event as bytes; one that is for many is encoded once. */
function encodeEvent(data: unknown): Uint8Array {
  return SharedEvent.encode(data, (value) => encodeValue(value, networkError))
}

/** What a client hears when its connection to a container has ended. */
export function endedNotice(uuid: string): SendOptions {
  return { target: uuid, operation: ClientNotice.ended, payload: emptyPayload }
}

function directSubscriber(session: Session, clientId: ClientUuid, events: EventQueue): Subscriber {
  return {
    clientId,
    session,
    deliver: (uuid, data) => {
      events.push({ target: uuid, operation: ClientNotice.broadcast, payload: encodeEvent(data) })
    },
    ended: (uuid) => events.append(endedNotice(uuid))
  }
}

/** The coordinator judges how slow its clients are: its own session with this agent is shared by them all. */
function routedSubscriber(session: Session, channel: number, clientId: ClientUuid): Subscriber {
  const address = { channel, origin: clientId }
  return {
    clientId,
    session,
    deliver: (uuid, data) => {
      if (session.ended) return
      session.send({
        ...address,
        target: uuid,
        operation: ClientNotice.broadcast,
        payload: encodeEvent(data)
      })
    },
    ended: (uuid) => {
      if (session.ended) return
      try {
        tell(session, { ...address, target: uuid, operation: ClientNotice.ended })
      } catch {
        // The coordinator does not read. The client hears of the end by the coordinator's own events.
      }
    }
  }
}
