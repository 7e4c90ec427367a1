import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { askForToken, type Action } from '../actions.ts'
import { assertNever } from '../assert-never.ts'
import { toApiError, type ApiError } from '../api/api-error.ts'
import { counted } from '../format/numbers.ts'
import { announce } from '../state/notices.ts'
import { api } from '../state/store.ts'
import { Dialog } from '../ui/dialog.tsx'

/** Says what will happen, and does it when that is meant. */
export function ActionDialog({ action, close }: { action: Action; close: () => void }): JSX.Element {
  const [fault, setFault] = useState<ApiError | undefined>(undefined)
  const [waiting, setWaiting] = useState(false)
  const { title, button, done, what } = wordsOf(action)

  const submit = (): void => {
    setWaiting(true)
    perform(action)
      .then(
        () => {
          announce(done, what, 'good')
          close()
        },
        (error: unknown) => {
          setFault(toApiError(error))
          setWaiting(false)
        }
      )
      .catch(() => {})
  }

  return (
    <Dialog
      title={title}
      close={close}
      submit={submit}
      buttons={
        <>
          {fault?.denied === true && (
            <button type="button" class="button" onClick={askForToken}>
              Enter a token…
            </button>
          )}
          <button type="submit" class="button danger" disabled={waiting}>
            {waiting ? 'Working…' : button}
          </button>
        </>
      }
    >
      <p class="dialog-subject mono">{what}</p>
      <Consequences action={action} />
      {fault !== undefined && (
        <div class="fault" role="alert">
          <b>{fault.denied ? 'Denied: you may not do this' : 'That did not work'}</b>
          <span>
            {fault.message} <code>{fault.code}</code>
          </span>
        </div>
      )}
    </Dialog>
  )
}

function wordsOf(action: Action): { title: string; button: string; done: string; what: string } {
  switch (action.kind) {
    case 'drain':
      return { title: 'Drain this agent?', button: 'Drain', done: 'Draining', what: action.agentId }
    case 'terminate':
      return {
        title: 'Terminate this container?',
        button: 'Terminate',
        done: 'Terminated',
        what: action.uuid
      }
    default:
      return assertNever(action)
  }
}

function Consequences({ action }: { action: Action }): JSX.Element {
  if (action.kind === 'drain') {
    return (
      <ul class="consequences">
        <li>It takes no new container.</li>
        <li>
          Its {counted(action.containers, 'container')} answer what they were asked, end, and start elsewhere
          when they are referred to or used.
        </li>
        <li>It stays, empty, until its process ends. A coordinator that restarts meanwhile uses it again.</li>
      </ul>
    )
  }
  return (
    <ul class="consequences">
      <li>
        The <b>{action.containerKind}</b> ends now, and what it keeps in memory is gone.
      </li>
      <li>
        {action.references === 0
          ? 'Nobody refers to it.'
          : `${counted(action.references, 'reference')} to it stay: it starts again when one of them is used.`}
      </li>
    </ul>
  )
}

async function perform(action: Action): Promise<void> {
  switch (action.kind) {
    case 'drain':
      await api.drain(action.agentId)
      break
    case 'terminate':
      await api.terminate(action.uuid)
      break
  }
}
