import type { JSX } from 'preact'
import { useDebounced } from '../state/use-debounced.ts'
import { CloseIcon, Icon, SearchIcon } from './icon.tsx'

/** The field that the key `/` leads to. */
export function SearchField(props: {
  label: string
  placeholder: string
  value: string
  change: (text: string) => void
}): JSX.Element {
  const [text, setText] = useDebounced(props.value, props.change)
  return (
    <label class="field search">
      <span class="visually-hidden">{props.label}</span>
      <Icon of={SearchIcon} size={15} />
      <input
        type="search"
        placeholder={props.placeholder}
        value={text}
        data-search
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      {text === '' && <kbd aria-hidden="true">/</kbd>}
    </label>
  )
}

/** A field for an exact text. */
export function TextField(props: {
  label: string
  placeholder: string
  value: string
  change: (text: string) => void
}): JSX.Element {
  const [text, setText] = useDebounced(props.value, props.change)
  return (
    <label class="field">
      <span class="visually-hidden">{props.label}</span>
      <input
        type="text"
        placeholder={props.placeholder}
        value={text}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => setText(event.currentTarget.value)}
      />
    </label>
  )
}

/** One of several words, or any. */
export function SelectField(props: {
  label: string
  any: string
  options: readonly string[]
  value: string
  change: (value: string) => void
}): JSX.Element {
  const { label, any, options, value, change } = props
  // What the address asks for is shown even if the network has nothing of it now.
  const known = value === '' || options.includes(value) ? options : [value, ...options]
  return (
    <div class="field select">
      <select
        aria-label={label}
        value={value}
        data-set={value !== ''}
        onChange={(event) => change(event.currentTarget.value)}
      >
        <option value="">{any}</option>
        {known.map((option) => (
          <option key={option} value={option}>
            {option}
          </option>
        ))}
      </select>
    </div>
  )
}

/** One of a few, all in sight. */
export function Segments<T extends string>(props: {
  label: string
  options: readonly { readonly value: T; readonly text: string }[]
  value: T
  change: (value: T) => void
}): JSX.Element {
  const { label, options, value, change } = props
  return (
    <div class="segments" role="group" aria-label={label}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => change(option.value)}
        >
          {option.text}
        </button>
      ))}
    </div>
  )
}

/** A filter that is set, and the way to drop it. */
export function FilterChip(props: { name: string; value: string; drop: () => void }): JSX.Element {
  return (
    <span class="filter-chip">
      <span class="filter-name">{props.name}</span>
      {props.value}
      <button type="button" aria-label={`Drop the filter ${props.name} ${props.value}`} onClick={props.drop}>
        <Icon of={CloseIcon} size={12} />
      </button>
    </span>
  )
}
