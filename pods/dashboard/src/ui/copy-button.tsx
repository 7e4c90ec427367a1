import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { announce } from '../state/notices.ts'
import { CheckIcon, CopyIcon, Icon } from './icon.tsx'

const shownMs = 1200

/** Puts a text into the clipboard. */
export function CopyButton({ text, label }: { text: string; label: string }): JSX.Element {
  const [copied, setCopied] = useState(false)
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => {
        setCopied(true)
        setTimeout(() => setCopied(false), shownMs)
      },
      () => announce('Not copied', 'The browser does not let this page use the clipboard', 'bad')
    )
  }
  return (
    <button type="button" class="button icon-button quiet" title={label} aria-label={label} onClick={copy}>
      <Icon of={copied ? CheckIcon : CopyIcon} size={14} />
    </button>
  )
}
