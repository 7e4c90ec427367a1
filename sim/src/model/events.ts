import type { ActivationToken } from '@hcengineering/network-core'
import type { Check, Handlers, InstanceId, Report } from './observation.ts'
import { order } from './tokens.ts'

/** I12: broadcasts reach a connection in order, and of events of the network the tokens of a uuid grow. */
export class Events implements Check {
  readonly #report: Report
  readonly #last = new Map<string, Map<InstanceId, number>>()
  readonly #announced = new Map<string, ActivationToken>()

  constructor(report: Report) {
    this.#report = report
  }

  readonly on: Handlers = {
    event: ({ connection, instance, number }) => {
      const last = this.#last.get(connection) ?? new Map<InstanceId, number>()
      this.#last.set(connection, last)
      const before = last.get(instance)
      if (before !== undefined && number <= before) {
        this.#report('I12', `${connection} hears event ${number} of instance ${instance} after ${before}`)
      }
      last.set(instance, number)
    },
    announced: ({ client, uuid, token }) => {
      const key = `${client} ${uuid}`
      const before = this.#announced.get(key)
      if (before !== undefined && order(token, before) < 0) {
        this.#report('I12', `${client} hears of ${uuid} under a lower token than before`)
      } else {
        this.#announced.set(key, token)
      }
    }
  }
}
