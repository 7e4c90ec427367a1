import { useEffect, useState } from 'preact/hooks'
import { toApiError, type ApiError } from '../api/api-error.ts'
import { connection, generation } from './store.ts'

/** Something of the server's: what was loaded last, and whether that answers what is asked for now. */
export interface Resource<T> {
  readonly value: T | undefined
  readonly error: ApiError | undefined
  /** The value is of an earlier question, or there is none yet. */
  readonly stale: boolean
}

/** What to load, and how often. */
export interface ResourceOptions<T> {
  /** Names the question: when it changes, the answer is asked for anew. */
  readonly key: string
  readonly load: (signal: AbortSignal) => Promise<T>
  readonly everyMs: number
}

/**
 * Loads something and keeps it fresh while it is shown: again every `everyMs` after an answer while the page is
 * visible and connected, and at once when the connection is back. Answers that come too late are not shown.
 */
export function useResource<T>({ key, load, everyMs }: ResourceOptions<T>): Resource<T> {
  const [state, setState] = useState<{ key: string; value?: T | undefined; error?: ApiError | undefined }>({
    key: ''
  })
  const opened = generation.value
  useEffect(() => {
    const abort = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const again = (): void => {
      timer = setTimeout(() => {
        if (document.hidden || connection.peek().kind !== 'live') again()
        else refresh()
      }, everyMs)
    }
    const refresh = (): void => {
      load(abort.signal)
        .then(
          (value) => {
            if (!abort.signal.aborted) setState({ key, value })
          },
          (error: unknown) => {
            if (abort.signal.aborted) return
            setState((before) => ({
              key,
              value: before.key === key ? before.value : undefined,
              error: toApiError(error)
            }))
          }
        )
        .finally(() => {
          if (!abort.signal.aborted) again()
        })
        .catch(() => {})
    }
    refresh()
    return () => {
      abort.abort()
      clearTimeout(timer)
    }
    // `load` is a new function at each rendering; the key says when it asks something else.
  }, [key, everyMs, opened])
  return { value: state.value, error: state.error, stale: state.key !== key }
}
