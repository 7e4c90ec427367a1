/**
 * Lets the browser paint the frame that came with the document before it has anything else to do, also on a
 * machine that is busy with the network itself.
 */

const root = document.getElementById('root')
if (root !== null) requestAnimationFrame(() => setTimeout(startIn, 0, root))

function startIn(root: HTMLElement): void {
  import('./start.tsx').then(
    ({ start }) => start(root),
    () => {
      root.textContent = 'The dashboard could not be loaded. Load the page again.'
    }
  )
}
