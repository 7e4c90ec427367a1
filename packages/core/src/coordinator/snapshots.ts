import type { ContainerKind, ContainerUuid } from '../api/ids.ts'
import type { Snapshot } from '../contract/ports.ts'

/** What may be kept. */
export interface SnapshotLimits {
  /** How many at once. */
  readonly snapshotsMax: number
  /** How many bytes, all together. */
  readonly snapshotBytesMax: number
  /** For how long. */
  readonly snapshotTimeoutMs: number
}

interface Kept {
  readonly kind: ContainerKind
  readonly snapshot: Snapshot
  readonly bytes: number
  readonly until: number
}

/** A value that never left this process is not measured; it counts as this. */
const valueBytes = 1024

/**
 * What activations have handed over, until the next one of their name takes it, or it is too late. Bounded in number,
 * bytes and time (I11): the eldest goes first.
 */
export class Snapshots {
  private readonly limits: SnapshotLimits
  /** In the order in which they came, and so in the order in which they end. */
  private readonly kept = new Map<ContainerUuid, Kept>()
  private bytes = 0

  constructor(limits: SnapshotLimits) {
    this.limits = limits
  }

  get size(): number {
    return this.kept.size
  }

  keep(uuid: ContainerUuid, kind: ContainerKind, snapshot: Snapshot, now: number): void {
    this.forget(uuid)
    const bytes = snapshot.kind === 'bytes' ? snapshot.bytes.length : valueBytes
    const { snapshotsMax, snapshotBytesMax, snapshotTimeoutMs } = this.limits
    if (bytes > snapshotBytesMax) return
    this.kept.set(uuid, { kind, snapshot, bytes, until: now + snapshotTimeoutMs })
    this.bytes += bytes
    for (const eldest of this.kept.keys()) {
      if (this.bytes <= snapshotBytesMax && this.kept.size <= snapshotsMax) break
      this.forget(eldest)
    }
  }

  /** What is kept for a container that starts now. It stays until that serves, or is known not to. */
  find(uuid: ContainerUuid, kind: ContainerKind, now: number): Snapshot | undefined {
    const kept = this.kept.get(uuid)
    return kept !== undefined && kept.kind === kind && kept.until > now ? kept.snapshot : undefined
  }

  forget(uuid: ContainerUuid): void {
    const kept = this.kept.get(uuid)
    if (kept === undefined) return
    this.kept.delete(uuid)
    this.bytes -= kept.bytes
  }

  /** Those whose time is over go. */
  expire(now: number): void {
    for (const [uuid, { until }] of this.kept) {
      if (until > now) return
      this.forget(uuid)
    }
  }

  /** When the time of the eldest is over. */
  nextExpiry(): number | undefined {
    for (const { until } of this.kept.values()) return until
    return undefined
  }
}
