import { describe, expect, it } from 'vitest'
import { dotsIn, edges, layOut, type Circle } from '../../src/topology/layout.ts'

const wide = { width: 1180, height: 740 }
const narrow = { width: 364, height: 626 }

function gap(one: Circle, other: Circle): number {
  return Math.hypot(one.x - other.x, one.y - other.y) - one.radius - other.radius
}

function leastGap(circles: readonly Circle[]): number {
  return Math.min(
    ...circles.flatMap((one, index) => circles.slice(index + 1).map((other) => gap(one, other)))
  )
}

const places = (containers: number[]) => layOut(containers, wide).agents.map(({ x, y }) => ({ x, y }))

const counts = (agents: number): number[] => Array.from({ length: agents }, (_, index) => (index * 37) % 101)

describe.each([
  ['a wide box', wide],
  ['a narrow box', narrow]
])('the picture in %s', (_, box) => {
  it.each([1, 2, 3, 7, 12, 30, 100])('has %d agents apart from each other and inside', (agents) => {
    const { agents: circles, coordinator, clients } = layOut(counts(agents), box)
    expect(circles).toHaveLength(agents)
    expect(leastGap([...circles, coordinator, clients])).toBeGreaterThan(0)
    for (const { x, y, radius } of [...circles, coordinator, clients]) {
      expect(x - radius).toBeGreaterThanOrEqual(0)
      expect(y - radius).toBeGreaterThanOrEqual(0)
      expect(x + radius).toBeLessThanOrEqual(box.width)
      expect(y + radius).toBeLessThanOrEqual(box.height)
    }
  })
})

describe('the picture', () => {
  it('has a place for each of more agents than fit', () => {
    const { agents } = layOut(counts(500), wide)
    expect(agents).toHaveLength(500)
    for (const { x, y } of agents) expect(Number.isFinite(x) && Number.isFinite(y)).toBe(true)
  })

  it('shows containers by area, and an agent without any still as a dot', () => {
    const { agents } = layOut([0, 100, 400], wide)
    expect(agents[2]!.radius / agents[1]!.radius).toBeCloseTo(2)
    expect(agents[0]!.radius).toBeGreaterThan(0)
  })

  it('leaves agents where they are when their containers change', () => {
    expect(places([1, 2, 3])).toEqual(places([900, 0, 5]))
  })

  it('goes from top to bottom in a narrow box', () => {
    const { clients, coordinator, agents, upright } = layOut([5], narrow)
    expect(upright).toBe(true)
    expect(clients.y).toBeLessThan(coordinator.y)
    expect(coordinator.y).toBeLessThan(agents[0]!.y)
  })

  it('is the clients and the coordinator while there are no agents', () => {
    expect(layOut([], wide).agents).toEqual([])
  })
})

it('dots stay in their circle', () => {
  const circle = { x: 50, y: 60, radius: 20 }
  const dots = dotsIn(circle, 160)
  expect(dots).toHaveLength(160)
  for (const { x, y } of dots) expect(Math.hypot(x - 50, y - 60)).toBeLessThanOrEqual(20)
})

it('a line leads from edge to edge', () => {
  expect(edges({ x: 0, y: 0, radius: 10 }, { x: 100, y: 0, radius: 30 })).toEqual([
    { x: 10, y: 0 },
    { x: 70, y: 0 }
  ])
})
