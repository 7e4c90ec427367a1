import { batch } from '@preact/signals'
import type { NetworkEventView, Overview, Sample } from '@hcengineering/network-pod/admin-views'
import { toApiError } from '../api/api-error.ts'
import { readEventStream } from '../api/event-stream.ts'
import { backOffMs } from './back-off.ts'
import { announce } from './notices.ts'
import {
  api,
  clockAheadMs,
  connection,
  eventLog,
  eventTick,
  generation,
  history,
  overview,
  sampleTick
} from './store.ts'

/** The server sends a sample each second: this much silence means that it is gone. */
const silenceMaxMs = 5000
const overviewEveryMs = 2000

/**
 * Keeps the store up to date for as long as the page lives: one stream of events, opened again whenever it
 * breaks, and the overview every few seconds.
 */
export function goLive(): void {
  keepStream().catch(reportFault)
  keepOverview().catch(reportFault)
}

let retryNow: (() => void) | undefined

/** Ends the wait before the next attempt to connect. */
export function retry(): void {
  retryNow?.()
}

async function keepStream(): Promise<never> {
  let attempt = 0
  let lostSince: number | undefined
  for (;;) {
    const end = await stream(() => {
      attempt = 0
      lostSince = undefined
    })
    lostSince ??= Date.now()
    const waitMs = backOffMs(attempt, Math.random())
    attempt++
    connection.value = { kind: 'lost', since: lostSince, ...end, retryAt: Date.now() + waitMs }
    await waitOrRetry(waitMs)
    connection.value = { kind: 'lost', since: lostSince, ...end }
  }
}

interface StreamEnd {
  readonly reason: string
  /** The server wants the admin token. */
  readonly denied: boolean
}

/** Reads one stream to its end, and tells why it ended. */
async function stream(opened: () => void): Promise<StreamEnd> {
  const silence = new AbortController()
  let timer = setTimeout(() => silence.abort(), silenceMaxMs)
  const onSign = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => silence.abort(), silenceMaxMs)
  }
  try {
    const body = await api.events(silence.signal)
    await loadAfterOpening(silence.signal)
    opened()
    await readEventStream(body, { onEvents, onSample, onMissed: (count) => eventLog.miss(count), onSign })
    return { reason: 'The coordinator has closed the stream', denied: false }
  } catch (error) {
    if (silence.signal.aborted) {
      return { reason: `Nothing was heard for ${silenceMaxMs / 1000} seconds`, denied: false }
    }
    const { message, denied } = toApiError(error)
    return { reason: message, denied }
  } finally {
    clearTimeout(timer)
    silence.abort()
  }
}

async function loadAfterOpening(signal: AbortSignal): Promise<void> {
  const [kept, now] = await Promise.all([api.history(signal), api.overview(signal)])
  history.merge(kept)
  batch(() => {
    takeOverview(now)
    connection.value = { kind: 'live' }
    generation.value++
    sampleTick.value++
  })
}

async function keepOverview(): Promise<never> {
  for (;;) {
    await wait(overviewEveryMs)
    if (connection.value.kind !== 'live' || document.hidden) continue
    try {
      takeOverview(await api.overview(new AbortController().signal))
    } catch {
      // The stream says what is wrong; the overview that is shown stays until there is a new one.
    }
  }
}

function takeOverview(now: Overview): void {
  const before = overview.value
  if (before !== undefined && before.incarnation !== now.incarnation) {
    announce('The coordinator was restarted', `Epoch ${before.epoch} → ${now.epoch}`)
  }
  clockAheadMs.value = now.now - Date.now()
  overview.value = now
}

function onSample(sample: Sample): void {
  history.add(sample)
  sampleTick.value++
}

let framePending = false

function onEvents(events: readonly NetworkEventView[]): void {
  eventLog.add(events)
  if (framePending) return
  framePending = true
  // A hidden page has no frames: it gathers in the bounded log, and shows that when it is looked at.
  requestAnimationFrame(() => {
    framePending = false
    eventTick.value++
  })
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}

function waitOrRetry(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    retryNow = () => {
      clearTimeout(timer)
      resolve()
    }
  })
}

function reportFault(error: unknown): void {
  announce('A fault in the dashboard itself', toApiError(error).message, 'bad')
}
