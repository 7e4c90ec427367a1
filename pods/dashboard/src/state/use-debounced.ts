import { useEffect, useState } from 'preact/hooks'

/** A text field that is typed into: what is in it now, and a report once the typing pauses. */
export function useDebounced(
  value: string,
  report: (text: string) => void,
  pauseMs = 180
): [string, (text: string) => void] {
  const [text, setText] = useState(value)
  // The address may change by other means than the field: a link, the back button, a reset.
  useEffect(() => setText(value), [value])
  useEffect(() => {
    if (text === value) return undefined
    const timer = setTimeout(() => report(text), pauseMs)
    return () => clearTimeout(timer)
  }, [text])
  return [text, setText]
}
