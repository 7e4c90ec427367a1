import { setImmediate } from 'node:timers/promises'
import { quantileSorted } from 'simple-statistics'
import type { Figures, Load } from '../src/messages.ts'

/** Collects what happens between two moments. */
export class Window {
  readonly from: number
  readonly until: number
  private readonly samplesUs: number[] = []
  private done = 0

  constructor({ warmUpMs, measureMs }: Pick<Load, 'warmUpMs' | 'measureMs'>) {
    this.from = performance.now() + warmUpMs
    this.until = this.from + measureMs
  }

  /** Something that was begun at `began` has just ended. Returns the time now. */
  add(began: number, count = 1): number {
    const now = performance.now()
    if (now >= this.from && now < this.until) {
      this.done += count
      if (began >= this.from) this.samplesUs.push((now - began) * 1000)
    }
    return now
  }

  /** @throws Error when nothing was measured */
  figures(): Figures {
    if (this.done === 0 || this.samplesUs.length === 0) {
      throw new Error('nothing ended within the time that was measured')
    }
    const sorted = this.samplesUs.toSorted((a, b) => a - b)
    return {
      perSecond: (this.done * 1000) / (this.until - this.from),
      p50Us: quantileSorted(sorted, 0.5),
      p99Us: quantileSorted(sorted, 0.99),
      samples: sorted.length
    }
  }
}

/** What answers without a socket never lets the event loop go on: pings and leases need that. */
const yieldEveryMs = 20

/**
 * Keeps `inFlight` requests on their way. Each place makes one request after the other.
 *
 * @param request makes request number `n` from place `place`, and throws if the answer is wrong
 */
export async function drive(
  load: Load,
  request: (n: number, place: number) => Promise<void>
): Promise<Figures> {
  const window = new Window(load)
  let n = 0
  let yieldAt = 0
  const place = async (index: number): Promise<void> => {
    for (let now = performance.now(); now < window.until;) {
      if (now >= yieldAt) {
        yieldAt = now + yieldEveryMs
        await setImmediate()
        now = performance.now()
      }
      const began = now
      await request(n++, index)
      now = window.add(began)
    }
  }
  await Promise.all(Array.from({ length: load.inFlight }, (_, index) => place(index)))
  return window.figures()
}
