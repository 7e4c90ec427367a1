import { describe, expect, it } from 'vitest'
import { agentPath, containerPath, parseRoute } from '../../src/routing/route.ts'

const routeOf = (path: string) => parseRoute(new URL(path, 'http://localhost'))

describe('the page that an address means', () => {
  it.each([
    ['/', { page: 'overview' }],
    ['/topology', { page: 'topology' }],
    ['/containers?kind=room', { page: 'containers' }],
    ['/events', { page: 'events' }],
    ['/container', { page: 'unknown' }],
    ['/elsewhere', { page: 'unknown' }],
    ['/toString', { page: 'unknown' }]
  ])('%s', (path, expected) => {
    expect(routeOf(path)).toEqual(expected)
  })

  it.each(['plain', 'with.dot', 'with/slash', '..', '?&#%', 'größe'])('leads back to the name %s', (name) => {
    expect(routeOf(containerPath(name))).toEqual({ page: 'container', uuid: name })
    expect(routeOf(agentPath(name))).toEqual({ page: 'agent', agentId: name })
  })
})
