import type { JSX } from 'preact'

/** A share of something as a short bar. */
export function Meter(props: { value: number; most: number; label: string; tone?: string }): JSX.Element {
  const { value, most, label, tone = 'accent' } = props
  const share = most > 0 ? Math.min(1, Math.max(0, value / most)) : 0
  return (
    <svg
      class="meter"
      data-tone={tone}
      viewBox="0 0 100 4"
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <rect class="meter-rest" width="100" height="4" />
      <rect class="meter-value" width={Math.round(share * 1000) / 10} height="4" />
    </svg>
  )
}
