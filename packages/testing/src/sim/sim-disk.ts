import type { Clock, RosterRecord, RosterStore } from '@hcengineering/network-core'

/** A disk that outlives the processes that write to it. What a crash overtakes was not written. */
export class SimDisk {
  /** How long a write takes until it is durable. */
  latencyMs = 1
  #record: RosterRecord | undefined
  #slowed = 0

  get record(): RosterRecord | undefined {
    return this.#record
  }

  /** Writes that took longer than they usually do. */
  get slowed(): number {
    return this.#slowed
  }

  /** All that was on it is gone, and what is being written goes to the next one. */
  lose(): void {
    this.#record = undefined
  }

  /** What a coordinator that starts now finds, and where it saves: by its own process's clock. */
  open(clock: Clock): RosterStore {
    return {
      remembered: this.#record,
      save: (record) => {
        const copy = structuredClone(record)
        if (this.latencyMs > 1) this.#slowed++
        return new Promise((resolve) => {
          clock.after(this.latencyMs, () => {
            this.#record = copy
            resolve()
          })
        })
      }
    }
  }
}
