import { describe, expect, it } from 'vitest'
import { eventMatcher } from '../../src/state/event-filter.ts'
import { EventLog } from '../../src/state/event-log.ts'
import { eventOf } from '../support/views.ts'

const all = (): boolean => true
const ids = (events: readonly { id: string }[]): string[] => events.map(({ id }) => id)

describe('the log of events', () => {
  it('gives the newest first, numbered as they came', () => {
    const log = new EventLog(10)
    log.add([eventOf('a'), eventOf('b')])
    log.add([eventOf('c')])
    expect(log.newest(all).map(({ id, number }) => [id, number])).toEqual([
      ['c', 3],
      ['b', 2],
      ['a', 1]
    ])
  })

  it('drops the oldest when it is full, however many come at once', () => {
    const log = new EventLog(3)
    log.add(Array.from({ length: 100_000 }, (_, index) => eventOf(`e${index}`)))
    expect(ids(log.newest(all))).toEqual(['e99999', 'e99998', 'e99997'])
    expect(log.received).toBe(100_000)
  })

  it('gives no more than asked for, of those that match', () => {
    const log = new EventLog(10)
    log.add([eventOf('a1'), eventOf('b1'), eventOf('a2'), eventOf('a3')])
    expect(ids(log.newest(({ id }) => id.startsWith('a'), 2))).toEqual(['a3', 'a2'])
  })

  it('is empty once it was cleared, and counts on', () => {
    const log = new EventLog(10)
    log.add([eventOf('a')])
    log.clear()
    expect(log.newest(all)).toEqual([])
    log.add([eventOf('b')])
    expect(log.newest(all)).toMatchObject([{ id: 'b', number: 2 }])
  })
})

describe('a filter of events', () => {
  const room = eventOf('room-1', { kind: 'room', labels: ['EU', 'acme'], agentId: 'agent-1' })
  const agent = eventOf('agent-1', { subject: 'agent', change: 'removed' })

  it.each([
    ['nothing set', {}, true, true],
    ['a change', { change: 'removed' }, false, true],
    ['a subject', { subject: 'container' }, true, false],
    ['a kind', { kind: 'room' }, true, false],
    ['an agent: it and what it has', { agent: 'agent-1' }, true, true],
    ['part of an id, in any case', { search: 'ROOM' }, true, false],
    ['part of a label', { search: ' eu ' }, true, false],
    ['all at once', { change: 'added', kind: 'room', agent: 'agent-1', search: 'acme' }, true, false],
    ['what nothing has', { search: 'zzz' }, false, false]
  ] as const)('with %s', (_, filter, takesRoom, takesAgent) => {
    const matches = eventMatcher(filter)
    expect([matches(room), matches(agent)]).toEqual([takesRoom, takesAgent])
  })
})
