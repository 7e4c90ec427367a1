import type { ContainerKind, ContainerUuid } from '../api/ids.ts'
import type { ContainerEntry, Place } from './entries.ts'

/** All containers, found by uuid, kind or labels. */
export class Directory {
  private readonly byUuid = new Map<ContainerUuid, ContainerEntry>()
  private readonly byKind = new Map<ContainerKind, Set<ContainerEntry>>()
  private readonly byLabel = new Map<string, Set<ContainerEntry>>()
  private readonly byState: Record<Place['kind'], number> = {
    unplaced: 0,
    starting: 0,
    serving: 0,
    ending: 0
  }

  get size(): number {
    return this.byUuid.size
  }

  get(uuid: ContainerUuid): ContainerEntry | undefined {
    return this.byUuid.get(uuid)
  }

  all(): IterableIterator<ContainerEntry> {
    return this.byUuid.values()
  }

  ofKind(kind: ContainerKind): Iterable<ContainerEntry> {
    return this.byKind.get(kind) ?? []
  }

  add(entry: ContainerEntry): void {
    this.byUuid.set(entry.uuid, entry)
    this.byState[entry.place.kind]++
    addTo(this.byKind, entry.kind, entry)
    for (const label of entry.labels) addTo(this.byLabel, labelKey(entry.kind, label), entry)
  }

  delete(entry: ContainerEntry): void {
    if (this.byUuid.get(entry.uuid) !== entry) return
    this.byUuid.delete(entry.uuid)
    this.byState[entry.place.kind]--
    removeFrom(this.byKind, entry.kind, entry)
    for (const label of entry.labels) removeFrom(this.byLabel, labelKey(entry.kind, label), entry)
  }

  /** Moves a container to another place. */
  setPlace(entry: ContainerEntry, next: Place): void {
    if (this.byUuid.get(entry.uuid) === entry) {
      this.byState[entry.place.kind]--
      this.byState[next.kind]++
    }
    entry.place = next
  }

  /** How many containers are in each state. */
  countsByState(): Record<Place['kind'], number> {
    return { ...this.byState }
  }

  /** The kinds of which there is a container, whether or not it runs. */
  kinds(): IterableIterator<ContainerKind> {
    return this.byKind.keys()
  }

  countOfKind(kind: ContainerKind): number {
    return this.byKind.get(kind)?.size ?? 0
  }

  /** Those of a kind that bear a label, in the order in which they came. */
  withLabel(kind: ContainerKind, label: string): ReadonlySet<ContainerEntry> | undefined {
    return this.byLabel.get(labelKey(kind, label))
  }

  /** The container turns out to bear other labels than the get that first named it asked for. */
  describe(entry: ContainerEntry, like: { labels: readonly string[]; extra: unknown }): void {
    this.delete(entry)
    entry.labels = like.labels
    entry.extra = like.extra
    this.add(entry)
  }

  /** The oldest container of this kind that bears all these labels; looks through the rarest label's only. */
  findByLabels(kind: ContainerKind, labels: readonly string[]): ContainerEntry | undefined {
    let fewest: Set<ContainerEntry> | undefined
    for (const label of labels) {
      const bearers = this.byLabel.get(labelKey(kind, label))
      if (bearers === undefined) return undefined
      if (fewest === undefined || bearers.size < fewest.size) fewest = bearers
    }
    for (const entry of fewest ?? []) if (bearsAll(entry.labels, labels)) return entry
    return undefined
  }
}

/** Whether `labels` holds all of `wanted`. */
export function bearsAll(labels: readonly string[], wanted: readonly string[]): boolean {
  return wanted.every((label) => labels.includes(label))
}

function labelKey(kind: ContainerKind, label: string): string {
  return `${kind}\n${label}`
}

function addTo<K>(index: Map<K, Set<ContainerEntry>>, key: K, entry: ContainerEntry): void {
  const set = index.get(key)
  if (set === undefined) index.set(key, new Set([entry]))
  else set.add(entry)
}

function removeFrom<K>(index: Map<K, Set<ContainerEntry>>, key: K, entry: ContainerEntry): void {
  const set = index.get(key)
  if (set === undefined) return
  set.delete(entry)
  if (set.size === 0) index.delete(key)
}
