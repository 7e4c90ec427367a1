import { signal } from '@preact/signals'

const key = 'admin-token'

/** The admin token, for as long as this tab is open. */
export const sessionToken = signal<string | undefined>(sessionStorage.getItem(key) ?? undefined)

/** Keeps the token, or forgets it. */
export function keepToken(token: string | undefined): void {
  if (token === undefined) sessionStorage.removeItem(key)
  else sessionStorage.setItem(key, token)
  sessionToken.value = token
}
