import { render } from 'preact'
import { App } from './app.tsx'
import { followLinks } from './routing/location.ts'
import { goLive } from './state/live.ts'
import { listenForShortcuts } from './shell/shortcuts.ts'

const root = document.getElementById('root')
if (root !== null) {
  followLinks()
  listenForShortcuts()
  goLive()
  root.replaceChildren()
  render(<App />, root)
}
