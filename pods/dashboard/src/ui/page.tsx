import type { ComponentChildren, JSX } from 'preact'
import { useEffect } from 'preact/hooks'

/** A page with its heading, and what can be done on it. */
export function Page(props: {
  title: string
  heading?: ComponentChildren
  lead?: ComponentChildren
  actions?: ComponentChildren
  children: ComponentChildren
}): JSX.Element {
  const { title, heading, lead, actions, children } = props
  useEffect(() => {
    document.title = `${title} · Virtual network`
  }, [title])
  return (
    <div class="page">
      <header class="page-head">
        <div class="page-title">
          <h1>{heading ?? title}</h1>
          {lead !== undefined && <div class="page-lead">{lead}</div>}
        </div>
        {actions !== undefined && <div class="page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  )
}
