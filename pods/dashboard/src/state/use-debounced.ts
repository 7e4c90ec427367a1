import { useEffect, useRef, useState } from 'preact/hooks'

/** A text field that is typed into: what is in it now, and a report once the typing pauses. */
export function useDebounced(
  value: string,
  report: (text: string) => void,
  pauseMs = 180
): [string, (text: string) => void] {
  const [text, setText] = useState(value)
  const reported = useRef(value)
  // The address may change by other means than the field: a link, the back button, a reset. What comes back of
  // the field's own report is older than what was typed since.
  useEffect(() => {
    if (value === reported.current) return
    reported.current = value
    setText(value)
  }, [value])
  useEffect(() => {
    if (text === reported.current) return undefined
    const timer = setTimeout(() => {
      reported.current = text
      report(text)
    }, pauseMs)
    return () => clearTimeout(timer)
  }, [text])
  return [text, setText]
}
