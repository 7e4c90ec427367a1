import type { PackedPackage } from './pack.ts'

/** Bytes of the tarball, by name of the package: what `tools/packages/sizes.json` holds. */
export type Sizes = Readonly<Record<string, number>>

/** How far a size may be from the one that is recorded. */
const tolerance = 0.1

/** The sizes as a file. */
export function recordSizes(packages: readonly PackedPackage[]): string {
  const sizes = Object.fromEntries(packages.map(({ manifest, bytes }) => [manifest.name, bytes]))
  return `${JSON.stringify(sizes, undefined, 2)}\n`
}

/** Packages that have become larger or smaller than the file says, by more than the tolerance. */
export function compareSizes(packages: readonly PackedPackage[], recorded: Sizes): string[] {
  const current = new Map(packages.map(({ manifest, bytes }) => [manifest.name, bytes]))
  const names = new Set([...current.keys(), ...Object.keys(recorded)])
  return [...names].toSorted().flatMap((name) => {
    const now = current.get(name)
    const then = recorded[name]
    if (now === undefined) return [`${name} is recorded, and not packed any more`]
    if (then === undefined) return [`${name} has ${now} bytes, and none are recorded`]
    if (Math.abs(now - then) <= then * tolerance) return []
    const change = `${now > then ? '+' : ''}${((now / then - 1) * 100).toFixed(0)} %`
    return [`${name} has ${now} bytes where ${then} are recorded (${change})`]
  })
}
