import type { JSX } from 'preact'
import { dismiss, notices } from '../state/notices.ts'
import { CloseIcon, Icon } from '../ui/icon.tsx'

/** Short messages in the corner. */
export function Notices(): JSX.Element {
  return (
    <div class="notices" role="status">
      {notices.value.map(({ id, title, text, tone }) => (
        <div key={id} class="notice" data-tone={tone}>
          <div>
            <b>{title}</b>
            <p>{text}</p>
          </div>
          <button
            type="button"
            class="button icon-button quiet"
            aria-label="Close"
            onClick={() => dismiss(id)}
          >
            <Icon of={CloseIcon} size={14} />
          </button>
        </div>
      ))}
    </div>
  )
}
