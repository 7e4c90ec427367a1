import { computed, signal } from '@preact/signals'
import { parseRoute } from './route.ts'

const address = signal(window.location.pathname + window.location.search)

window.addEventListener('popstate', () => {
  address.value = window.location.pathname + window.location.search
})

/** The query of the page's address. */
export const query = computed(() => new URL(address.value, window.location.origin).searchParams)

/** The page that is shown. */
export const route = computed(() => parseRoute(new URL(address.value, window.location.origin)))

/** Goes to another page of this application. `replace` for what is not worth a step back. */
export function navigate(to: string, options: { replace?: boolean } = {}): void {
  if (to === address.value) return
  const samePage = to.split('?')[0] === window.location.pathname
  if (options.replace === true) history.replaceState(null, '', to)
  else history.pushState(null, '', to)
  address.value = to
  if (!samePage) window.scrollTo(0, 0)
}

/** Gives the page another query, and stays on it. */
export function replaceQuery(parameters: URLSearchParams): void {
  const text = parameters.toString()
  navigate(window.location.pathname + (text === '' ? '' : `?${text}`), { replace: true })
}

/** Follows links of this application without loading the page again. One listener serves them all. */
export function followLinks(): void {
  document.addEventListener('click', (event) => {
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
    if (!plain || event.defaultPrevented || !(event.target instanceof Element)) return
    const link = event.target.closest('a')
    const href = link?.getAttribute('href')
    if (href === undefined || href === null || !href.startsWith('/') || link?.hasAttribute('download')) return
    event.preventDefault()
    navigate(href)
  })
}
