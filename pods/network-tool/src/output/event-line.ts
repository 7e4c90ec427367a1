import type { NetworkEventView } from '@hcengineering/network-pod'
import type { Paint, Tone } from './paint.ts'
import { printable } from './printable.ts'

const tones: Readonly<Record<NetworkEventView['change'], Tone>> = {
  added: 'good',
  updated: 'accent',
  removed: 'bad'
}

/** An event, with the kinds of an agent where they are known. */
export interface ShownEvent extends NetworkEventView {
  readonly kinds?: readonly string[]
}

/** One event as people read it. */
export function eventLine(event: ShownEvent, paint: Paint): string {
  const { change, kind, agentId, labels = [], kinds = [] } = event
  const more = [
    kind ?? '',
    agentId === undefined ? '' : `on ${agentId}`,
    labels.length === 0 ? '' : `[${labels.join(', ')}]`,
    kinds.length === 0 ? '' : `offers ${kinds.join(', ')}`
  ]
  return [
    paint('faint', new Date(event.at).toISOString().slice(11, 23)),
    paint(tones[change], change.padEnd(7)),
    event.subject.padEnd(9),
    printable(event.id),
    printable(more.filter((text) => text !== '').join(' '))
  ]
    .join('  ')
    .trimEnd()
}
