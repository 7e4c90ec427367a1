import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { toApiError } from '../api/api-error.ts'
import { announce } from '../state/notices.ts'
import { keepToken, sessionToken } from '../state/session-token.ts'
import { retry } from '../state/live.ts'
import { api } from '../state/store.ts'
import { Dialog } from '../ui/dialog.tsx'

/** Asks for the admin token, has the server judge it, and keeps it for this tab. */
export function TokenDialog({ close }: { close: () => void }): JSX.Element {
  const [token, setToken] = useState('')
  const [fault, setFault] = useState<string | undefined>(undefined)
  const [waiting, setWaiting] = useState(false)
  const held = sessionToken.value !== undefined

  const submit = (): void => {
    setWaiting(true)
    checkToken(token.trim())
      .then((refusal) => {
        setWaiting(false)
        setFault(refusal)
        if (refusal !== undefined) return
        keepToken(token.trim())
        retry()
        announce('You may act now', 'The token is kept until you close this tab', 'good')
        close()
      })
      .catch(() => {})
  }

  return (
    <Dialog
      title="Admin token"
      close={close}
      submit={submit}
      buttons={
        <>
          {held && (
            <button
              type="button"
              class="button"
              onClick={() => {
                keepToken(undefined)
                close()
              }}
            >
              Forget it
            </button>
          )}
          <button type="submit" class="button primary" disabled={token.trim() === '' || waiting}>
            {waiting ? 'Checking…' : 'Use this token'}
          </button>
        </>
      }
    >
      <p>
        Looking is free; draining an agent or terminating a container needs the token that the coordinator was
        started with. It stays in this tab, and is gone when you close it.
      </p>
      <label class="form-field">
        Token
        <input
          type="password"
          class="input"
          value={token}
          autocomplete="off"
          autofocus
          aria-invalid={fault !== undefined}
          onInput={(event) => {
            setToken(event.currentTarget.value)
            setFault(undefined)
          }}
        />
      </label>
      {fault !== undefined && (
        <p class="fault" role="alert">
          {fault}
        </p>
      )}
    </Dialog>
  )
}

/** Why the token is of no use; undefined when it is. */
async function checkToken(token: string): Promise<string | undefined> {
  try {
    const { mayAct, tokenConfigured } = await api.session(undefined, token)
    if (mayAct) return undefined
    return tokenConfigured
      ? 'This is not the token of this coordinator'
      : 'This coordinator was started without an admin token: nobody may act on it'
  } catch (error) {
    const { denied, message } = toApiError(error)
    return denied ? 'This is not the token of this coordinator' : message
  }
}
