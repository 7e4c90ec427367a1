import { signal } from '@preact/signals'

/** Something that an operator may do to the network. */
export type Action =
  | { readonly kind: 'drain'; readonly agentId: string; readonly containers: number }
  | {
      readonly kind: 'terminate'
      readonly uuid: string
      readonly containerKind: string
      readonly references: number
    }

/** The dialog that is open above the page. */
export type OpenDialog = { readonly kind: 'token' } | { readonly kind: 'action'; readonly action: Action }

export const openDialog = signal<OpenDialog | undefined>(undefined)

/** Asks whether that is meant; the dialog then does it. */
export function ask(action: Action): void {
  openDialog.value = { kind: 'action', action }
}

/** Asks for the admin token, or offers to forget it. */
export function askForToken(): void {
  openDialog.value = { kind: 'token' }
}

export function closeDialog(): void {
  openDialog.value = undefined
}
