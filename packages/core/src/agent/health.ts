import { NetworkError } from '../api/errors.ts'
import type { ContainerHost } from './host.ts'
import type { InstanceId } from './machine.ts'
import type { ResolvedAgentOptions } from './options.ts'

/** Pings an agent's containers, and tells which of them have failed too often. */
export class HealthChecks {
  private readonly options: ResolvedAgentOptions
  private readonly hosts: ReadonlyMap<InstanceId, ContainerHost>
  private readonly unhealthy: (host: ContainerHost) => void
  private cancelNext: (() => void) | undefined

  /** @param hosts those that are pinged; may change */
  constructor(
    options: ResolvedAgentOptions,
    hosts: ReadonlyMap<InstanceId, ContainerHost>,
    unhealthy: (host: ContainerHost) => void
  ) {
    this.options = options
    this.hosts = hosts
    this.unhealthy = unhealthy
  }

  /** Goes on until there is nothing to ping, or {@link stop}. */
  start(): void {
    if (this.hosts.size === 0) return
    this.cancelNext ??= this.options.clock.after(this.options.healthIntervalMs, () => {
      this.cancelNext = undefined
      for (const host of [...this.hosts.values()]) this.check(host)
      this.start()
    })
  }

  stop(): void {
    this.cancelNext?.()
    this.cancelNext = undefined
  }

  private check(host: ContainerHost): void {
    const { clock, healthTimeoutMs } = this.options
    const now = clock.now()
    if (host.instance.phase.kind === 'ending') return
    if (host.pingedAt !== undefined) {
      if (now - host.pingedAt < healthTimeoutMs) return
      this.failed(host, new NetworkError('TIMEOUT', `ping() took longer than ${healthTimeoutMs} ms`))
    }
    host.pingedAt = now
    const settle = (error?: unknown): void => {
      // Guarded: a ping that was given up may settle after the next one was sent.
      if (host.pingedAt !== now) return
      host.pingedAt = undefined
      if (error === undefined) {
        host.pingFailures = 0
        host.lastPingAt = clock.wallTime()
        host.lastPingOk = true
      } else this.failed(host, error)
    }
    try {
      Promise.resolve(host.container.ping()).then(
        () => settle(),
        (error: unknown) => settle(error ?? new Error('ping() was rejected'))
      )
    } catch (error) {
      settle(error)
    }
  }

  private failed(host: ContainerHost, error: unknown): void {
    const { uuid, kind } = host.instance
    const { clock, logger, healthFailuresMax } = this.options
    host.pingFailures++
    host.lastPingAt = clock.wallTime()
    host.lastPingOk = false
    logger.warn({ uuid, kind, failures: host.pingFailures, error }, 'ping() failed')
    if (host.pingFailures > healthFailuresMax) this.unhealthy(host)
  }
}
