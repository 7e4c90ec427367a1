import { computed } from '@preact/signals'
import type { ComponentChildren, JSX } from 'preact'
import { kindNames } from '../state/kind-names.ts'

/** How good what is said is. */
export type Tone = 'good' | 'plain' | 'warn' | 'bad' | 'accent'

const tones: Readonly<Record<string, Tone>> = {
  serving: 'good',
  active: 'good',
  connected: 'good',
  added: 'good',
  starting: 'accent',
  updated: 'accent',
  unplaced: 'warn',
  draining: 'warn',
  ending: 'warn',
  removed: 'bad',
  away: 'warn'
}

/** The state of something: a dot in its colour, and the word. */
export function StateBadge({ state }: { state: string }): JSX.Element {
  return (
    <span class="state" data-tone={tones[state] ?? 'plain'}>
      <span class="dot" aria-hidden="true" />
      <span class="state-text">{state}</span>
    </span>
  )
}

/** A small word set apart: a kind, a label. */
export function Chip({
  children,
  tone = 'plain'
}: {
  children: ComponentChildren
  tone?: Tone
}): JSX.Element {
  return (
    <span class="chip" data-tone={tone}>
      {children}
    </span>
  )
}

const hues = 7
const hueOf = computed(() => new Map(kindNames.value.map((kind, index) => [kind, (index % hues) + 1])))

/** The number of a kind's colour: kinds that exist side by side differ while there are colours. */
export function kindHue(kind: string): number {
  return hueOf.value.get(kind) ?? hues + 1
}

/** The kind of a container, with the colour that it has everywhere. */
export function Kind({ kind }: { kind: string }): JSX.Element {
  return (
    <span class="kind" data-hue={kindHue(kind)}>
      <span class="swatch" aria-hidden="true" />
      {kind}
    </span>
  )
}
