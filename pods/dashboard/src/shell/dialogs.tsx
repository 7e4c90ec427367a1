import type { JSX } from 'preact'
import { closeDialog, openDialog } from '../actions.ts'
import { ActionDialog } from './action-dialog.tsx'
import { TokenDialog } from './token-dialog.tsx'

/** The dialog that is open, if one is. */
export function Dialogs(): JSX.Element | null {
  const open = openDialog.value
  if (open === undefined) return null
  return open.kind === 'token' ? (
    <TokenDialog close={closeDialog} />
  ) : (
    <ActionDialog action={open.action} close={closeDialog} />
  )
}
