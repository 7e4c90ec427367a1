import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { askForToken } from '../actions.ts'
import { duration, timeOfDay } from '../format/times.ts'
import { retry } from '../state/live.ts'
import { connection, overview } from '../state/store.ts'
import { Icon, WarningIcon } from '../ui/icon.tsx'

/** Says above the page when what is shown is not the present, or the coordinator does not do all that it should. */
export function Banner(): JSX.Element | null {
  const state = connection.value
  if (state.kind === 'lost') return <Lost {...state} />
  if (state.kind === 'live' && overview.value?.recovering === true) {
    return (
      <div class="banner" data-tone="warn" role="status">
        <Icon of={WarningIcon} />
        <span>
          <b>The coordinator is recovering.</b> It waits for agents that an earlier coordinator may have left,
          for {duration(overview.value.aliveTimeoutMs)} at most, and places nothing new until then.
        </span>
      </div>
    )
  }
  return null
}

function Lost(props: { since: number; reason: string; denied: boolean; retryAt?: number }): JSX.Element {
  const { since, reason, denied, retryAt } = props
  const now = useSignal(Date.now())
  useEffect(() => {
    const timer = setInterval(() => {
      now.value = Date.now()
    }, 250)
    return () => clearInterval(timer)
  }, [])
  const left = retryAt === undefined ? 0 : Math.max(0, Math.ceil((retryAt - now.value) / 1000))
  return (
    <div class="banner" data-tone="bad" role="alert">
      <Icon of={WarningIcon} />
      <span>
        <b>{denied ? 'The coordinator wants the admin token.' : 'The coordinator cannot be reached.'}</b> What
        you see is from {timeOfDay(since)}. {reason}.{' '}
        <span aria-hidden="true">{retryAt === undefined ? 'Trying…' : `Trying again in ${left} s.`}</span>
      </span>
      {denied && (
        <button type="button" class="button" onClick={askForToken}>
          Enter the token…
        </button>
      )}
      <button type="button" class="button" onClick={retry} disabled={retryAt === undefined}>
        Try now
      </button>
    </div>
  )
}
