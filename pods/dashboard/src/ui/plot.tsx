import { useSignalEffect } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { timeOfDay } from '../format/times.ts'
import { columns } from '../state/sample-history.ts'
import { rangeOf, shownSince } from './plot-range.ts'
import { follow } from '../state/follow.ts'
import { history, sampleTick, serverNow } from '../state/store.ts'
import { colour, themeTick } from '../state/theme.ts'
import type { Sample } from '@hcengineering/network-pod/admin-views'

/** A line of a plot. */
export interface Line {
  readonly name: string
  readonly field: keyof Sample
  /** Which colour of the style it has. */
  readonly hue: number
  /** The area below it is filled. */
  readonly filled?: boolean
  readonly dashed?: boolean
}

interface PlotProps {
  readonly title: string
  readonly lines: readonly Line[]
  readonly format: (value: number) => string
  /** How far back it shows. */
  readonly spanMs: number
  /** The axis begins at zero. */
  readonly fromZero?: boolean
  /** The distances between lines of the grid that look well. */
  readonly steps?: number[]
}

const heightPx = 168
const cursors = uPlot.sync('overview')

/**
 * Samples as lines over time. The plot is drawn on a canvas, and its figures are written straight into the page:
 * nothing here is rendered by the framework again when a sample comes.
 */
export function Plot(props: PlotProps): JSX.Element {
  const { title, lines, format, spanMs } = props
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  const figures = useRef<(HTMLElement | null)[]>([])
  const span = useRef(spanMs)
  span.current = spanMs

  const showFigures = (shown: uPlot): void => {
    const at = shown.cursor.idx ?? shown.data[0].length - 1
    for (const [index, figure] of figures.current.entries()) {
      const value = shown.data[index + 1]?.[at]
      if (figure !== null) figure.textContent = value === null || value === undefined ? '–' : format(value)
    }
  }
  const draw = (): void => {
    if (plot.current === undefined) return
    const now = serverNow()
    const since = shownSince(now, span.current, history.samples[0]?.at)
    const data = columns(
      history.samples,
      since,
      lines.map((line) => line.field)
    )
    plot.current.setData(data, false)
    plot.current.setScale('x', { min: since / 1000, max: now / 1000 })
    showFigures(plot.current)
  }

  useEffect(() => {
    const parent = place.current
    if (parent === null) return undefined
    const create = (): void => {
      plot.current?.destroy()
      plot.current = new uPlot(optionsOf(parent, props, showFigures), [[], ...lines.map(() => [])], parent)
      draw()
    }
    create()
    const ofTheme = themeTick.subscribe(() => create())
    const resized = new ResizeObserver(() => {
      if (parent.clientWidth > 0) plot.current?.setSize({ width: parent.clientWidth, height: heightPx })
    })
    resized.observe(parent)
    return () => {
      ofTheme()
      resized.disconnect()
      plot.current?.destroy()
      plot.current = undefined
    }
  }, [])
  useSignalEffect(() => {
    follow(sampleTick)
    if (!document.hidden) draw()
  })
  useEffect(draw, [spanMs])

  return (
    <section class="card plot" aria-label={title}>
      <header class="plot-head">
        <h2>{title}</h2>
        <ul class="legend">
          {lines.map((line, index) => (
            <li key={line.name} data-hue={line.hue} data-dashed={line.dashed === true}>
              <span class="legend-mark" aria-hidden="true" />
              {line.name}
              <b
                ref={(element) => {
                  figures.current[index] = element
                }}
              >
                –
              </b>
            </li>
          ))}
        </ul>
      </header>
      <div class="plot-place" ref={place} />
    </section>
  )
}

function optionsOf(
  parent: HTMLElement,
  { lines, format, fromZero = true, steps }: PlotProps,
  showFigures: (shown: uPlot) => void
): uPlot.Options {
  const text = colour('--text-3')
  const grid = { stroke: colour('--grid'), width: 1 }
  const font = '11px "Inter Variable", system-ui, sans-serif'
  return {
    width: Math.max(1, parent.clientWidth),
    height: heightPx,
    padding: [8, 4, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: cursors.key },
      y: false,
      points: { size: 6 },
      drag: { x: false, y: false }
    },
    hooks: { setCursor: [showFigures] },
    scales: {
      y: { range: (_, low, high) => rangeOf(low, high, fromZero) }
    },
    axes: [
      {
        stroke: text,
        font,
        size: 26,
        gap: 6,
        space: 84,
        grid: { show: false },
        ticks: { show: false },
        values: (shown, seconds) => seconds.map((second) => timeLabel(shown, second))
      },
      {
        stroke: text,
        font,
        size: 58,
        gap: 8,
        space: 34,
        grid,
        ticks: { show: false },
        values: (_, values) => values.map((value) => format(value)),
        ...(steps !== undefined && { incrs: steps })
      }
    ],
    series: [{}, ...lines.map(seriesOf)]
  }
}

/** Room for half a label. */
const labelHalfPx = 26

function timeLabel(shown: uPlot, second: number): string {
  const x = shown.valToPos(second, 'x')
  return x > shown.width - shown.bbox.left / devicePixelRatio - labelHalfPx ? '' : timeOfDay(second * 1000)
}

function seriesOf({ name, hue, filled = false, dashed = false }: Line): uPlot.Series {
  const stroke = colour(`--hue-${hue}`)
  return {
    label: name,
    stroke,
    width: 1.5,
    ...(filled && { fill: colour(`--hue-${hue}-soft`) }),
    ...(dashed && { dash: [4, 3] }),
    points: { show: false }
  }
}
