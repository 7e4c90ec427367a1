import { assertNever } from '@hcengineering/network-core'
import { Random } from '@hcengineering/network-testing'
import {
  agentNames,
  clientNames,
  coreNodes,
  labels,
  rooms,
  roomKind,
  sheetKind,
  storeKind,
  stores
} from '../cluster/names.ts'
import { isFault, type Action, type Fault, type FaultName, type Script, type Work } from './action.ts'
import { withLostSave } from './lost-save.ts'
import { withQuietStall } from './quiet-stall.ts'

const chaosMs = 48_000
const workEveryMs = 140
/** Longer than any fault lasts that began before. */
const witnessFromMs = 15_000
/** Longer than an agent takes to find a coordinator that is there again. */
const witnessForMs = 6000
const faults: Readonly<Record<FaultName, number>> = {
  crash: 9,
  stop: 10,
  suspend: 4,
  twin: 5,
  cut: 14,
  delay: 14,
  reset: 14,
  duplicate: 6,
  slowDisk: 3,
  newDisk: 1,
  clockRate: 6,
  wallClock: 3,
  factories: 8,
  terminate: 9
}
const works: Readonly<Record<Work['do'], number>> = {
  get: 26,
  release: 16,
  request: 36,
  stream: 7,
  broadcast: 9,
  register: 1,
  drain: 1,
  terminate: 4
}

/** Draws the script of a seed. */
export function draw(seed: number, mode?: Script['mode']): Script {
  const random = new Random(`script ${seed}`)
  const drawn = random.chance(0.2) ? 'core' : 'heal'
  const chosen = mode ?? drawn
  const actions: Action[] = []
  // Some seeds are calmer, and each has its own mix.
  const weights = mixOf(random)
  const faultEveryMs = random.pick([240, 260, 280, 300])
  for (let at = 500; at < chaosMs; at += random.whole(1, workEveryMs * 2)) {
    actions.push({ at, ...drawWork(random) })
  }
  for (let at = 2500; at < chaosMs; at += random.whole(1, faultEveryMs * 2)) {
    actions.push({ at, ...drawFault(random, weights) })
  }
  if (chosen === 'core')
    for (const fault of permanentFaults(random)) actions.push({ at: chaosMs - 1, ...fault })
  return {
    seed,
    mode: chosen,
    chaosMs,
    actions: drawScenes(actions, random).toSorted((a, b) => a.at - b.at)
  }
}

/** Takes out what no network could bear, and adds what chance alone would hardly bring about. */
function drawScenes(actions: readonly Action[], random: Random): Action[] {
  const fair = foreseen(bearable(actions, random))
  return withQuietStall(witnessed(withLostSave(fair, random), random), random)
}

/**
 * A machine that sleeps while its wall clock is set back cannot know that it slept: no lease survives that, and
 * the network does not claim it. So a run has agents whose clocks are set back, or agents that sleep.
 */
function bearable(actions: readonly Action[], random: Random): Action[] {
  const setsBack = random.chance(0.5)
  return actions.map((action) => {
    if (!isFault(action) || !('node' in action) || !action.node.startsWith('agent')) return action
    if (action.fault === 'suspend' && setsBack) return { ...action, fault: 'stop' }
    if (action.fault === 'wallClock' && !setsBack) return { ...action, jumpMs: Math.abs(action.jumpMs) }
    return action
  })
}

/**
 * A coordinator without a roster, whose clock was set back, takes its epoch from what agents tell. If it is lost with
 * its disk, too, before more than one agent has heard of that epoch, and that one is cut off, nobody is left to tell
 * the next one. So only the last loss of a disk sets the clock back.
 */
function foreseen(actions: readonly Action[]): Action[] {
  const lastAt = Math.max(...actions.filter(losesDisk).map(({ at }) => at))
  return actions.map((action) =>
    losesDisk(action) && action.at < lastAt ? { ...action, jumpMs: 0, sameEpoch: false } : action
  )
}

/**
 * That a coordinator without a roster has the epoch of another one, only an agent can tell that was there: clients know
 * epochs, not whose they were. So one agent is left in peace until it has told.
 */
function witnessed(actions: readonly Action[], random: Random): Action[] {
  const loss = actions.filter(losesDisk).find(({ sameEpoch }) => sameEpoch)
  const witness = random.pick(agentNames)
  if (loss === undefined) return [...actions]
  const from = loss.at - witnessFromMs
  const until = loss.at + loss.downMs + witnessForMs
  return actions.filter((action) => action.at < from || action.at > until || !touches(action, witness))
}

function touches(action: Action, name: string): boolean {
  const { agent, node, from, to } = { agent: '', node: '', from: '', to: '', ...action }
  return [agent, node, from, to].includes(name)
}

function losesDisk(action: Action): action is { readonly at: number } & Extract<Fault, { fault: 'newDisk' }> {
  return isFault(action) && action.fault === 'newDisk'
}

function mixOf(random: Random): Record<FaultName, number> {
  const mix = { ...faults }
  for (const name of Object.keys(mix) as FaultName[]) mix[name] *= random.pick([0, 0.5, 1, 1, 1, 2, 3])
  mix.reset += 1
  return mix
}

function drawWork(random: Random): Work {
  const client = random.pick(clientNames)
  const pick = random.whole(0, 1000)
  const kind = random.weighted(works)
  switch (kind) {
    case 'get':
      return {
        do: 'get',
        client,
        ...drawSelector(random),
        timeoutMs: drawTimeout(random),
        connect: random.chance(0.45)
      }
    case 'release':
      return { do: 'release', client, pick }
    case 'request': {
      const workMs = random.pick([0, 0, 0, 5, 50, 300, 2000])
      return {
        do: 'request',
        client,
        pick,
        workMs,
        timeoutMs: drawTimeout(random),
        idempotent: random.chance(0.2)
      }
    }
    case 'stream': {
      const [items, gapMs] = [random.whole(1, 12), random.pick([0, 0, 20, 200])]
      return { do: 'stream', client, pick, items, gapMs, timeoutMs: drawTimeout(random) }
    }
    case 'broadcast':
      return { do: 'broadcast', client, pick, events: random.whole(1, 4) }
    case 'register':
      return { do: 'register', agent: random.pick(agentNames) }
    case 'drain':
      return { do: 'drain', agent: random.pick(agentNames), downMs: random.pick([50, 1000, 4000]) }
    case 'terminate':
      return { do: 'terminate', agent: random.pick(agentNames), pick }
    default:
      return assertNever(kind)
  }
}

function drawSelector(random: Random): Pick<Extract<Work, { do: 'get' }>, 'kind' | 'uuid' | 'labels'> {
  const by = random.weighted({ uuid: 48, odd: 5, labels: 20, any: 12, store: 15 })
  if (by === 'uuid') return { kind: roomKind, uuid: random.pick(rooms) }
  // Who comes first decides of which kind it is; to the others its name is in use.
  if (by === 'odd') return { kind: random.pick([roomKind, sheetKind]), uuid: 'odd-1' }
  if (by === 'any') return { kind: sheetKind }
  if (by === 'store') return { kind: storeKind, uuid: random.pick(Object.keys(stores)) }
  const first = random.pick(labels)
  const second = random.pick(labels)
  return { kind: sheetKind, labels: first === second || random.chance(0.6) ? [first] : [first, second] }
}

function drawTimeout(random: Random): number {
  return random.pick([800, 3000, 8000, 20_000])
}

/** The coordinator is one of many, and touching it touches all: it gets its share, not more. */
function drawNode(random: Random, shares = { coordinator: 6, agent: 34, client: 60 }): string {
  const kind = random.weighted(shares)
  if (kind === 'coordinator') return 'coordinator'
  return kind === 'agent' ? random.pick(agentNames) : random.pick(clientNames)
}

function drawLink(random: Random): { from: string; to: string } {
  const link = random.weighted({ agent: 40, client: 30, direct: 30 })
  const [from, to] =
    link === 'agent'
      ? [random.pick(agentNames), 'coordinator']
      : link === 'client'
        ? [random.pick(clientNames), 'coordinator']
        : [random.pick(clientNames), random.pick(agentNames)]
  return random.chance(0.5) ? { from, to } : { from: to, to: from }
}

function drawSpan(random: Random): number {
  return random.pick([300, 1200, 2600, 3500, 5000, 9000]) + random.whole(0, 400)
}

function drawFault(random: Random, weights: Readonly<Record<FaultName, number>>): Fault {
  const fault = random.weighted(weights)
  switch (fault) {
    case 'crash':
      return {
        fault,
        node: drawNode(random, { coordinator: 10, agent: 45, client: 45 }),
        downMs: random.pick([50, 500, 2000, 4000, 8000]),
        powerLoss: random.chance(0.3)
      }
    case 'stop':
    case 'suspend':
      return { fault, node: drawNode(random), forMs: drawSpan(random) }
    case 'twin': {
      const firstMs = drawSpan(random)
      return {
        fault,
        node: random.pick(agentNames),
        first: random.pick(['stopped', 'stopped', 'cut', 'cut', 'well']),
        firstMs,
        powerLoss: random.chance(0.3),
        forMs: random.chance(0.3) ? firstMs : firstMs + random.pick([500, 2000, 5000])
      }
    }
    case 'cut':
      return { fault, ...drawLink(random), bothWays: random.chance(0.5), forMs: drawSpan(random) }
    case 'delay': {
      const extraMs = random.pick([30, 200, 800, 2500, 4000])
      return { fault, ...drawLink(random), extraMs, oldOnly: random.chance(0.5), forMs: drawSpan(random) }
    }
    case 'reset': {
      const { from, to } = drawLink(random)
      return random.chance(0.15) ? { fault, node: drawNode(random) } : { fault, node: from, other: to }
    }
    case 'duplicate':
      return {
        fault,
        node: drawNode(random, { coordinator: 2, agent: 44, client: 54 }),
        pick: random.whole(0, 1000)
      }
    case 'newDisk':
      return {
        fault,
        downMs: random.pick([50, 1000, 4000]),
        jumpMs: random.pick([0, -3_600_000]),
        sameEpoch: random.chance(0.4)
      }
    case 'slowDisk':
      return { fault, latencyMs: random.pick([50, 500, 2000]), forMs: drawSpan(random) }
    case 'clockRate':
      return {
        fault,
        node: drawNode(random, { coordinator: 20, agent: 50, client: 30 }),
        rate: 0.9 + random.whole(0, 20) / 100
      }
    case 'wallClock':
      return { fault, node: drawNode(random), jumpMs: random.pick([-3_600_000, -5000, 5000, 3_600_000]) }
    case 'factories':
      return {
        fault,
        node: random.pick(agentNames),
        mode: random.pick(['slow', 'slow', 'fail', 'hang']),
        slowMs: random.pick([1500, 6000]),
        forMs: drawSpan(random) * 2
      }
    case 'terminate':
      return {
        fault,
        node: random.pick(agentNames),
        mode: random.pick(['slow', 'slow', 'hang']),
        slowMs: random.pick([1500, 3000]),
        forMs: drawSpan(random) * 2
      }
    default:
      return assertNever(fault)
  }
}

/** Faults that stay, none of them in the core or between its members. */
function permanentFaults(random: Random): Fault[] {
  const outside = [...agentNames, ...clientNames].filter((name) => !coreNodes.includes(name))
  const made: Fault[] = []
  for (const node of outside) {
    const kind = random.weighted({ crash: 3, stop: 3, suspend: 2, cut: 4, oneWay: 4, none: 3 })
    switch (kind) {
      case 'crash':
        made.push({ fault: 'crash', node, powerLoss: random.chance(0.5) })
        break
      case 'stop':
      case 'suspend':
        made.push({ fault: kind, node })
        break
      case 'cut':
      case 'oneWay': {
        const other = random.pick(coreNodes.filter((name) => !name.startsWith('client')))
        const [from, to] = random.chance(0.5) ? [node, other] : [other, node]
        made.push({ fault: 'cut', from, to, bothWays: kind === 'cut' })
        break
      }
      case 'none':
    }
  }
  return made
}
