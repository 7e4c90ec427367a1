/**
 * Random numbers from a seed: sfc32 by Chris Doty-Humphrey (PractRand, public domain), with its state filled
 * from a text by the mixing steps of MurmurHash3 (Austin Appleby, public domain). Only 32-bit whole numbers are
 * computed with, so every machine makes the same ones.
 */
export class Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  /** The same seed makes the same numbers; streams with different seeds have nothing to do with each other. */
  constructor(seed: string) {
    let hash = 1_779_033_703 ^ seed.length
    for (let index = 0; index < seed.length; index++) {
      hash = Math.imul(hash ^ seed.charCodeAt(index), 3_432_918_353)
      hash = (hash << 13) | (hash >>> 19)
    }
    const next = (): number => {
      hash = Math.imul(hash ^ (hash >>> 16), 2_246_822_507)
      hash = Math.imul(hash ^ (hash >>> 13), 3_266_489_909)
      hash ^= hash >>> 16
      return hash
    }
    this.#a = next()
    this.#b = next()
    this.#c = next()
    for (let round = 0; round < 12; round++) this.bits()
  }

  /** 32 random bits, as a whole number from 0. */
  bits(): number {
    const sum = (this.#a + this.#b + this.#counter++) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  /** At least 0, below 1. */
  fraction(): number {
    return this.bits() / 0x1_0000_0000
  }

  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1))
  }

  /** True that often. */
  chance(probability: number): boolean {
    return this.fraction() < probability
  }

  /** One of them. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('nothing to pick from')
    return items[Math.floor(this.fraction() * items.length)] as T
  }

  /** One of the keys, each as often as its weight says. */
  weighted<T extends string>(weights: Readonly<Record<T, number>>): T {
    const entries = Object.entries(weights) as [T, number][]
    let rest = this.fraction() * entries.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [key, weight] of entries) {
      rest -= weight
      if (rest < 0) return key
    }
    return (entries.at(-1) as [T, number])[0]
  }
}
