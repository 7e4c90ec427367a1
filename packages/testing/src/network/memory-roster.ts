import type { RosterRecord, RosterStore } from '@hcengineering/network-core'

/** A disk that outlives the coordinators of a test: each one opens it anew. */
export class MemoryRoster {
  /** Known to be empty: the first coordinator of a test has nobody to wait for. */
  record: RosterRecord = { epoch: 0, complete: true, agents: [] }

  /** What a coordinator that starts now finds, and where it saves. */
  open(): RosterStore {
    return {
      remembered: this.record,
      save: async (record) => {
        this.record = structuredClone(record)
      }
    }
  }
}
