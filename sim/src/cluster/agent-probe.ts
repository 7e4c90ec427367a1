import type {
  AgentLink,
  CoordinatorIdentity,
  CoordinatorLink,
  Registration,
  RegistrationReply,
  StreamCall,
  Subscriber
} from '@hcengineering/network-core'
import type { Host, Observation } from '../model/observation.ts'
import type { SimSpeech } from './sim-container.ts'

/** What a probe tells, and of whom. */
export interface ProbeOptions {
  readonly host: Host
  readonly now: () => number
  readonly observe: (seen: Observation) => void
}

/**
 * Listens at the border of an agent: what it is told, and what it lets out. It changes nothing, and looks at
 * nothing within.
 */
export function probe(link: AgentLink, options: ProbeOptions): void {
  const { host, observe } = options
  const inner = { ...link }
  const letOut = (said: unknown): void => {
    observe({ kind: 'output', instance: (said as SimSpeech).instance })
  }
  const obeyed = ({ epoch, incarnation }: CoordinatorIdentity): void => {
    observe({ kind: 'obeyed', ...host, epoch, coordinator: incarnation })
  }

  link.start = async (command) => {
    const started = inner.start(command)
    observeTaken(started, () => obeyed(command.coordinator))
    const result = await started
    if (command.token !== undefined) {
      observe({ kind: 'granted', ...host, uuid: result.uuid, token: command.token })
    }
    return result
  }
  link.grant = async (command) => {
    const { uuid, token, coordinator } = command
    // What was held leaves within the call.
    observe({ kind: 'offered', ...host, uuid, token })
    try {
      await inner.grant(command)
    } catch (error) {
      observe({ kind: 'refused', ...host, uuid })
      throw error
    }
    obeyed(coordinator)
    observe({ kind: 'granted', ...host, uuid, token })
  }
  link.end = (command) => {
    const { uuid, reason } = command
    const ended = inner.end(command)
    if (uuid !== undefined && reason === 'unused') observe({ kind: 'unused', ...host, uuid })
    if (uuid !== undefined && (reason === 'fenced' || reason === 'outranked')) {
      observeTaken(ended, () => observe({ kind: 'revoked', ...host, uuid }))
    }
    return ended
  }
  link.dispatch = (call) => {
    const answer = inner.dispatch(call)
    answer.then(letOut, () => {})
    return answer
  }
  link.dispatchStream = (call: StreamCall) => {
    const { sink } = call
    const write = sink.write.bind(sink)
    sink.write = (value) => {
      letOut(value)
      write(value)
    }
    inner.dispatchStream(call)
  }
  link.connect = (uuid, subscriber) => inner.connect(uuid, probed(subscriber, letOut))
  link.bind = (coordinator) => inner.bind(new ProbedCoordinator(coordinator, options))
}

/** A command that is not refused in the turn in which it arrives is obeyed, however long it takes. */
function observeTaken(result: Promise<unknown>, taken: () => void): void {
  let refused = false
  result.catch(() => {
    refused = true
  })
  // Sooner than the outcome of any later command is observed.
  queueMicrotask(() => {
    if (!refused) taken()
  })
}

function probed(subscriber: Subscriber, letOut: (said: unknown) => void): Subscriber {
  return {
    clientId: subscriber.clientId,
    session: subscriber.session,
    deliver: (uuid, data) => {
      letOut(data)
      subscriber.deliver(uuid, data)
    },
    ended: (uuid) => subscriber.ended(uuid)
  }
}

/** What an agent asks of the coordinator, and what it is answered. */
class ProbedCoordinator implements CoordinatorLink {
  readonly #inner: CoordinatorLink
  readonly #options: ProbeOptions
  #registrations = 0
  #left = false

  constructor(inner: CoordinatorLink, options: ProbeOptions) {
    this.#inner = inner
    this.#options = options
  }

  register(...[registration, agent, settle]: Parameters<CoordinatorLink['register']>): void {
    const attempt = ++this.#registrations
    const sentAt = this.#options.now()
    this.#inner.register(registration, agent, (error, reply) => {
      // The answer to an earlier registration is out of date, and not looked at; nor is any once it has left.
      if (reply !== undefined && attempt === this.#registrations && !this.#left)
        this.#registered(registration, reply, sentAt)
      settle(error, reply)
    })
  }

  renew: CoordinatorLink['renew'] = async (renewal) => {
    const { host, now, observe } = this.#options
    const sentAt = now()
    const attempt = this.#registrations
    const reply = await this.#inner.renew(renewal)
    if (reply === 'renewed' && attempt === this.#registrations && !this.#left)
      observe({ kind: 'leased', ...host, sentAt, registering: false })
    return reply
  }

  ended: CoordinatorLink['ended'] = (report) => this.#inner.ended(report)

  update: CoordinatorLink['update'] = (update) => this.#inner.update(update)

  drain: CoordinatorLink['drain'] = (agentId, incarnation) => this.#inner.drain(agentId, incarnation)

  unregister: CoordinatorLink['unregister'] = (agentId, incarnation) => {
    const { host, observe } = this.#options
    // What it is still answered is not looked at any more.
    this.#left = true
    observe({ kind: 'left', ...host })
    return this.#inner.unregister(agentId, incarnation)
  }

  #registered(asked: Registration, reply: RegistrationReply, sentAt: number): void {
    const { host, observe } = this.#options
    const coordinator = `${reply.coordinator.epoch} ${reply.coordinator.incarnation}`
    const reported = asked.containers.map(({ uuid }) => uuid)
    observe({ kind: 'registered', ...host, sentAt, coordinator, reported })
    observe({ kind: 'leased', ...host, sentAt, registering: true })
    const resumed = new Map(reply.resume.map(({ uuid, token }) => [uuid, token]))
    for (const { uuid, token: had } of asked.containers) {
      const token = resumed.get(uuid)
      if (token === undefined) observe({ kind: 'revoked', ...host, uuid })
      else observe({ kind: 'granted', ...host, uuid, token, had })
    }
  }
}
