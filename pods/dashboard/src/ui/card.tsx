import type { ComponentChildren, JSX } from 'preact'

/** A part of a page with its title. */
export function Card(props: {
  title?: ComponentChildren
  note?: ComponentChildren
  class?: string
  flush?: boolean
  children: ComponentChildren
}): JSX.Element {
  const { title, note, flush = false, children } = props
  return (
    <section class={`card ${flush ? 'card-flush' : ''} ${props.class ?? ''}`}>
      {title !== undefined && (
        <header class="card-head">
          <h2>{title}</h2>
          {note !== undefined && <div class="card-note">{note}</div>}
        </header>
      )}
      {children}
    </section>
  )
}

/** One fact of a list of facts. */
export function Fact({ name, children }: { name: string; children: ComponentChildren }): JSX.Element {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** What stands where there is nothing to show. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }): JSX.Element {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children !== undefined && <p>{children}</p>}
    </div>
  )
}
