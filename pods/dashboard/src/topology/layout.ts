/** A place in the picture. */
export interface Point {
  readonly x: number
  readonly y: number
}

/** A circle in the picture. */
export interface Circle extends Point {
  readonly radius: number
}

/** Where everything is in a picture of a network. */
export interface Layout {
  readonly coordinator: Circle
  readonly clients: Circle
  readonly agents: readonly Circle[]
  /** From top to bottom. */
  readonly upright: boolean
  /** About how far agents stand apart. */
  readonly pitch: number
}

interface Box {
  readonly width: number
  readonly height: number
}

const coordinatorRadius = 34
const margin = 14
/** The fan of agents opens at most so far to each side of its middle. */
const halfFanMax = (Math.PI / 180) * 82
/** Between neighbours, from centre to centre. */
const pitchMax = 132
const pitchMin = 9
/** With so much room there is no need of another arc, on which agents would stand behind each other. */
const pitchEnough = 72
const arcsMax = 40
/** The share of the pitch that the circle of the largest agent takes. */
const fillShare = 0.39
const radiusMin = 3.5

/**
 * Clients at one side, the coordinator beside them, the agents on arcs around it; from left to right, or from top
 * to bottom in a box that is higher than wide. An agent's area goes with its containers.
 *
 * Agents keep their places while their number stays: what moves would be hard to follow.
 */
export function layOut(containers: readonly number[], box: Box): Layout {
  const upright = box.height > box.width
  const along = upright ? box.height : box.width
  const across = upright ? box.width : box.height
  // Laid out from left to right; turned at the end.
  const clientsRadius = Math.min(across * 0.2, along * 0.085, 92)
  const clients: Circle = { x: margin + clientsRadius + 6, y: across / 2, radius: clientsRadius }
  const coordinator: Circle = {
    x: clients.x + clientsRadius + coordinatorRadius + Math.max(72, along * 0.07),
    y: across / 2,
    radius: coordinatorRadius
  }
  const { pitch, agents } = fan(containers, coordinator, { width: along, height: across })
  const turn = <T extends Point>(place: T): T => (upright ? { ...place, x: place.y, y: place.x } : place)
  return { coordinator: turn(coordinator), clients: turn(clients), agents: agents.map(turn), pitch, upright }
}

interface Arc {
  readonly radius: number
  /** How far it reaches to each side before it leaves the box. */
  readonly halfAngle: number
  readonly agents: number
}

interface Fan {
  readonly pitch: number
  readonly arcs: readonly Arc[]
}

function fan(containers: readonly number[], centre: Point, box: Box): { pitch: number; agents: Circle[] } {
  const { pitch, arcs } = widestFan(containers.length, centre, box)
  const most = Math.max(1, ...containers)
  const agents: Circle[] = []
  for (const [index, { radius, halfAngle, agents: onArc }] of arcs.entries()) {
    // No farther apart than looks like one row.
    const step = Math.min((2 * halfAngle) / Math.max(1, onArc), (pitch * 1.5) / radius)
    // Against the neighbouring arcs, so that the way to an agent does not lead through another one.
    const stagger = arcs.length === 1 ? 0 : index % 2 === 0 ? 0.25 : -0.25
    for (let place = 0; place < onArc; place++) {
      const angle = (place - (onArc - 1) / 2 + stagger) * step
      const share = Math.sqrt((containers[agents.length] ?? 0) / most)
      agents.push({
        x: centre.x + radius * Math.cos(angle),
        y: centre.y + radius * Math.sin(angle),
        radius: Math.max(radiusMin, pitch * fillShare * share)
      })
    }
  }
  return { pitch, agents }
}

/** The number of arcs with which the agents stand the farthest apart; few arcs where many gain little. */
function widestFan(agents: number, centre: Point, box: Box): Fan {
  let widest = fanOf(agents, 1, centre, box)
  for (let arcs = 2; arcs <= Math.min(agents, arcsMax) && widest.pitch < pitchEnough; arcs++) {
    const tried = fanOf(agents, arcs, centre, box)
    if (tried.pitch > widest.pitch * 1.08) widest = tried
  }
  return widest
}

function fanOf(agents: number, arcs: number, centre: Point, box: Box): Fan {
  const nearest = coordinatorRadius + 84
  const farthest = Math.max(nearest, box.width - centre.x - margin - 46)
  // Few arcs stand well away from the coordinator; many use all the room.
  const first = nearest + (farthest - nearest) * Math.max(0, 0.62 - 0.15 * (arcs - 1))
  const radii = Array.from({ length: arcs }, (_, index) =>
    arcs === 1 ? first : first + ((farthest - first) * index) / (arcs - 1)
  )
  const halfAngles = radii.map((radius) => {
    const reach = Math.max(40, box.height / 2 - margin - (agents > 40 ? 26 : 56))
    return reach >= radius ? halfFanMax : Math.min(halfFanMax, Math.asin(reach / radius))
  })
  const lengths = radii.map((radius, index) => radius * 2 * (halfAngles[index] ?? 0))
  const onArcs = spread(agents, lengths)
  const between = arcs === 1 ? pitchMax : (farthest - first) / (arcs - 1)
  const along = lengths.map((length, index) => length / Math.max(1, onArcs[index] ?? 0))
  return {
    pitch: Math.max(pitchMin, Math.min(pitchMax, between, ...along)),
    arcs: radii.map((radius, index) => ({
      radius,
      halfAngle: halfAngles[index] ?? 0,
      agents: onArcs[index] ?? 0
    }))
  }
}

/** Shares agents out to arcs by their lengths. */
function spread(agents: number, lengths: readonly number[]): number[] {
  const all = lengths.reduce((sum, length) => sum + length, 0)
  const exact = lengths.map((length) => (length / all) * agents)
  const whole = exact.map(Math.floor)
  let left = agents - whole.reduce((sum, places) => sum + places, 0)
  const byRest = exact
    .map((share, index) => ({ index, rest: share - Math.floor(share) }))
    .toSorted((one, other) => other.rest - one.rest || other.index - one.index)
  for (const { index } of byRest) {
    if (left === 0) break
    whole[index] = (whole[index] ?? 0) + 1
    left--
  }
  return whole
}

const goldenAngle = Math.PI * (3 - Math.sqrt(5))

/** Dots that fill a circle evenly, from its middle outwards. */
export function dotsIn({ x, y, radius }: Circle, dots: number): Point[] {
  return Array.from({ length: dots }, (_, index) => {
    const distance = radius * Math.sqrt((index + 0.5) / Math.max(dots, 1))
    return {
      x: x + distance * Math.cos(index * goldenAngle),
      y: y + distance * Math.sin(index * goldenAngle)
    }
  })
}

/** Where the line between two circles leaves the one and reaches the other. */
export function edges(from: Circle, to: Circle): [Point, Point] {
  const distance = Math.hypot(to.x - from.x, to.y - from.y)
  if (distance === 0) return [from, to]
  const x = (to.x - from.x) / distance
  const y = (to.y - from.y) / distance
  return [
    { x: from.x + x * from.radius, y: from.y + y * from.radius },
    { x: to.x - x * to.radius, y: to.y - y * to.radius }
  ]
}
