import type { JSX } from 'preact'
import type { ApiError } from '../api/api-error.ts'

/** Says in place of something why it cannot be shown. */
export function Fault({ error }: { error: ApiError }): JSX.Element {
  return (
    <div class="fault" role="alert">
      <b>This could not be loaded</b>
      <span>
        {error.message} <code>{error.code}</code>
      </span>
    </div>
  )
}
