import { render } from 'preact'
import { App } from './app.tsx'
import { followLinks } from './routing/location.ts'
import { listenForShortcuts } from './shell/shortcuts.ts'
import { goLive } from './state/live.ts'

/** Puts the application in the place of the frame that came with the document. */
export function start(root: HTMLElement): void {
  followLinks()
  listenForShortcuts()
  goLive()
  root.replaceChildren()
  render(<App />, root)
}
