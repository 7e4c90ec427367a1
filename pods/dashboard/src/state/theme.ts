import { signal } from '@preact/signals'

/** What the page looks like; `system` follows the settings of the machine. */
export type Theme = 'system' | 'dark' | 'light'

const key = 'theme'
const light = window.matchMedia('(prefers-color-scheme: light)')

export const theme = signal<Theme>(readTheme())
/** Goes up when colours have changed, for what is painted on a canvas. */
export const themeTick = signal(0)

light.addEventListener('change', () => themeTick.value++)

/** Keeps the choice for the next visits. `public/theme.js` reads it before the page is painted. */
export function chooseTheme(choice: Theme): void {
  if (choice === 'system') localStorage.removeItem(key)
  else localStorage.setItem(key, choice)
  if (choice === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = choice
  theme.value = choice
  themeTick.value++
}

function readTheme(): Theme {
  const kept = localStorage.getItem(key)
  return kept === 'dark' || kept === 'light' ? kept : 'system'
}

/** A colour of the style sheet as it is now, in words that a canvas understands. */
export function colour(name: string): string {
  // A custom property is read as it was written, light-dark() and all; a colour is read as it is.
  const probe = document.createElement('i')
  probe.style.color = `var(${name})`
  document.body.append(probe)
  const resolved = getComputedStyle(probe).color
  probe.remove()
  return resolved
}
