import { setTimeout as sleep } from 'node:timers/promises'

/** What a process holds after a forced collection. */
export interface Measurement {
  /** `heapUsed + external`, in bytes. */
  readonly bytes: number
  /** How much there is of what it counts. */
  readonly counts: Readonly<Record<string, number>>
}

/** The last of so many collections decides: finalizers free more than one can find. */
const collections = 4
const betweenCollectionsMs = 100

/** Answers each message of the parent with a measurement. Needs `--expose-gc`. */
export function serveMeasurements(counts: () => Readonly<Record<string, number>>): void {
  const measure = async (): Promise<Measurement> => {
    for (let round = 0; round < collections; round++) {
      global.gc?.()
      await sleep(betweenCollectionsMs)
    }
    const { heapUsed, external } = process.memoryUsage()
    return { bytes: heapUsed + external, counts: counts() }
  }
  process.on('message', () => {
    measure().then(
      (measurement) => process.send?.(measurement),
      (error: unknown) => console.error(error)
    )
  })
  process.on('disconnect', () => process.exit(0))
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(2)} MiB`
}
