import { signal } from '@preact/signals'

/** A short message that goes away by itself. */
export interface Notice {
  readonly id: number
  readonly title: string
  readonly text: string
  readonly tone: 'good' | 'plain' | 'bad'
}

const shownMs = 7000
const noticesMax = 4

export const notices = signal<readonly Notice[]>([])

let nextId = 1

/** Shows a message for some seconds. */
export function announce(title: string, text: string, tone: Notice['tone'] = 'plain'): void {
  const id = nextId++
  notices.value = [...notices.value, { id, title, text, tone }].slice(-noticesMax)
  setTimeout(() => dismiss(id), shownMs)
}

/** Takes a message away. */
export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id)
}
