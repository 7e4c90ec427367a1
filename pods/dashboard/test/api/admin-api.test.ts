import { afterEach, describe, expect, it, vi } from 'vitest'
import { AdminApi } from '../../src/api/admin-api.ts'

const fetched = vi.fn<typeof fetch>()
vi.stubGlobal('fetch', fetched)
afterEach(() => fetched.mockReset())

const answer = (body: unknown, status = 200): void => {
  fetched.mockResolvedValue(new Response(JSON.stringify(body), { status }))
}
const api = new AdminApi(() => 'secret')
const { signal } = new AbortController()

describe('the admin API', () => {
  it('asks for a part of the containers, with each label by itself', async () => {
    answer({ items: [], total: 0, offset: 50, limit: 50 })
    await api.containers({ search: 'a b', kind: 'room', labels: ['x', 'y&z'], offset: 50, limit: 50 }, signal)
    const [path, request] = fetched.mock.calls[0]!
    expect(path).toBe('/api/containers?offset=50&limit=50&search=a+b&kind=room&label=x&label=y%26z')
    expect(request?.headers).toEqual({ authorization: 'Bearer secret' })
  })

  it('names what it acts on, whatever the name holds', async () => {
    answer({ done: true })
    await api.terminate('a/b?c')
    expect(fetched).toHaveBeenCalledWith(
      '/api/containers/a%2Fb%3Fc/terminate',
      expect.objectContaining({ method: 'POST' })
    )
  })

  it('throws the code and the message of an answer that is an error', async () => {
    answer({ error: { code: 'UNAUTHENTICATED', message: 'the admin token is missing' } }, 401)
    await expect(api.drain('a1')).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      status: 401,
      denied: true,
      message: 'the admin token is missing'
    })
  })

  it('throws an error of its own when the answer makes no sense, or does not come', async () => {
    fetched.mockResolvedValueOnce(new Response('<html>', { status: 502 }))
    await expect(api.agent('a1', signal)).rejects.toMatchObject({ code: 'UNEXPECTED_ANSWER', status: 502 })
    fetched.mockResolvedValueOnce(new Response('<html>'))
    await expect(api.agent('a1', signal)).rejects.toMatchObject({ code: 'UNEXPECTED_ANSWER' })
    fetched.mockRejectedValueOnce(new TypeError('fetch failed'))
    await expect(api.agent('a1', signal)).rejects.toMatchObject({ code: 'UNREACHABLE', denied: false })
  })
})
