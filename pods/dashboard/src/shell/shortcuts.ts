/** `/` leads to the search of the page, and Escape out of it. */
export function listenForShortcuts(): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.target instanceof HTMLElement)) return
    const search = document.querySelector<HTMLInputElement>('input[data-search]')
    if (event.key === '/' && !isTyping(event.target) && search !== null) {
      event.preventDefault()
      search.focus()
      search.select()
    } else if (event.key === 'ArrowDown' && event.target === search) {
      event.preventDefault()
      document.querySelector<HTMLElement>('tr[tabindex="0"]')?.focus()
    } else if (event.key === 'Escape' && event.target === search) {
      search?.blur()
    }
  })
}

function isTyping(target: HTMLElement): boolean {
  return target.matches('input, select, textarea, [contenteditable]') || target.closest('dialog') !== null
}
