import { BarChart } from 'echarts/charts'
import { GridComponent, TitleComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import type { ReportedRow } from './report.ts'

use([BarChart, GridComponent, TitleComponent, SVGRenderer])

interface Panel {
  readonly title: string
  readonly holds: (row: ReportedRow) => boolean
}

const panels: readonly Panel[] = [
  {
    title: 'One at a time, p50 in µs (less is better)',
    holds: ({ metric, unit }) => metric === 'p50' && unit === 'µs'
  },
  { title: 'At a time as many as named, per second (more is better)', holds: ({ unit }) => unit === '1/s' },
  { title: 'Large messages, MiB/s (more is better)', holds: ({ unit }) => unit === 'MiB/s' }
]

const colours = { floor: '#9aa0a6', peer: '#e8a33d', ours: '#2f6fde' }

function colourOf(work: string): string {
  if (work.startsWith('floor:')) return colours.floor
  return work.startsWith('peer:') ? colours.peer : colours.ours
}

const width = 1000
const left = 420
const barHeight = 22
const gap = 60
const headHeight = 70

/** The rows as bars, in SVG: floors grey, peers orange, ours blue. */
export function picture(rows: readonly ReportedRow[], machine: string): string {
  let top = headHeight
  const shown = panels
    .map((panel) => ({ ...panel, rows: rows.filter((row) => row.value !== null && panel.holds(row)) }))
    .filter((panel) => panel.rows.length > 0)
    .map((panel) => {
      const height = panel.rows.length * barHeight
      const placed = { ...panel, top: top + gap / 2, height }
      top += height + gap
      return placed
    })
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height: top + gap / 2 })
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: [
      {
        text: 'Virtual network: benchmarks',
        subtext: `${machine}. Log scales.`,
        left: 'center',
        subtextStyle: { width: width - 40, overflow: 'break', fontSize: 10 }
      },
      ...shown.map(({ title, top: at }) => ({
        text: title,
        left: 20,
        top: at - 28,
        textStyle: { fontSize: 13 }
      }))
    ],
    grid: shown.map(({ top: at, height }) => ({ left, right: 90, top: at, height })),
    xAxis: shown.map((_, gridIndex) => ({ type: 'log' as const, gridIndex, show: false })),
    yAxis: shown.map(({ rows }, gridIndex) => ({
      type: 'category' as const,
      gridIndex,
      inverse: true,
      data: rows.map(({ work }) => work),
      axisLabel: { width: left - 30, overflow: 'truncate' as const, fontSize: 11, interval: 0 },
      axisTick: { show: false }
    })),
    series: shown.map(({ rows }, index) => ({
      type: 'bar' as const,
      xAxisIndex: index,
      yAxisIndex: index,
      data: rows.map(({ work, value }) => ({ value: value ?? 0, itemStyle: { color: colourOf(work) } })),
      label: {
        show: true,
        position: 'right' as const,
        formatter: ({ value }: { value: unknown }) =>
          Number(Number(value).toPrecision(3)).toLocaleString('en')
      }
    }))
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return svg
}
