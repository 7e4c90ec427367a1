import { NetworkError } from '../api/errors.ts'
import type { InspectionPage, PageRequest } from './inspection.ts'

const limitDefault = 50
const limitMax = 500

/** What a scan goes through, and what it makes of it. */
export interface PageScanParts<E, V> {
  /** May change while it is gone through, as Map and Set allow. */
  readonly candidates: Iterable<E>
  /** Which of the candidates are wanted. @default all */
  readonly matches?: ((candidate: E) => boolean) | undefined
  /** How many are wanted, when an index knows: then the scan ends with the page. */
  readonly total?: number | undefined
  readonly view: (candidate: E) => V
}

/**
 * Makes a page of a long list, some candidates at a time, so that a coordinator with a million containers does not
 * stand still for whoever looks at them.
 */
export class PageScan<E, V> {
  private readonly parts: PageScanParts<E, V>
  private readonly candidates: Iterator<E>
  private readonly offset: number
  private readonly limit: number
  /** On the page; one that is moved in its index while this goes on would be met again. */
  private readonly taken = new Set<E>()
  private readonly items: V[] = []
  private matching = 0

  /** @throws NetworkError `INVALID_ARGUMENT` naming `offset` or `limit` */
  constructor(parts: PageScanParts<E, V>, request: PageRequest) {
    this.parts = parts
    this.candidates = parts.candidates[Symbol.iterator]()
    this.offset = whole(request.offset ?? 0, 'offset', 0, Number.MAX_SAFE_INTEGER)
    this.limit = whole(request.limit ?? limitDefault, 'limit', 1, limitMax)
  }

  /** Looks at up to this many candidates. Returns whether the page is complete. */
  step(candidatesMax: number): boolean {
    const { matches, total, view } = this.parts
    for (let looked = 0; looked < candidatesMax; looked++) {
      if (total !== undefined && this.items.length >= this.limit) return true
      const next = this.candidates.next()
      if (next.done === true) return true
      const candidate = next.value
      if (matches?.(candidate) === false || this.taken.has(candidate)) continue
      this.matching++
      if (this.matching <= this.offset || this.items.length >= this.limit) continue
      this.taken.add(candidate)
      this.items.push(view(candidate))
    }
    return false
  }

  page(): InspectionPage<V> {
    const { items, offset, limit } = this
    return { items, total: this.parts.total ?? this.matching, offset, limit }
  }
}

function whole(value: number, name: string, least: number, most: number): number {
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    const range = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `${least} to ${most}`
    throw new NetworkError('INVALID_ARGUMENT', `${name} must be a whole number, ${range}, got ${value}`)
  }
  return value
}
