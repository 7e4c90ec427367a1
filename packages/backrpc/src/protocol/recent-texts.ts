const slots = 512
const textBytesKept = 64

/**
 * Names that have come by: the same containers and operations are named by one request after the other. One that is
 * found here is neither decoded nor allocated again, and a map that knows it need not compare it by its letters.
 *
 * Bounded: each place holds the last short text that fell there. Only texts in ASCII are ever found.
 */
export class RecentTexts {
  private readonly texts: string[] = Array.from({ length: slots }, () => '')

  /** The text of these bytes, in UTF-8. */
  read(buffer: Buffer, start: number, end: number): string {
    const size = end - start
    if (size === 0) return ''
    if (size > textBytesKept) return buffer.toString('utf8', start, end)
    const place = placeOf(buffer, size, end)
    const known = this.texts[place] as string
    if (known.length === size && isSame(known, buffer, start)) return known
    const text = buffer.toString('utf8', start, end)
    // Of others, such as are as long in Latin-1, another text might have the same bytes.
    if (text.length === size) this.texts[place] = text
    return text
  }
}

/** By the length and the end, where names that are alike differ. */
function placeOf(buffer: Buffer, size: number, end: number): number {
  const last = buffer[end - 1] as number
  if (size < 3) return last
  const before = (buffer[end - 2] as number) * 31 + (buffer[end - 3] as number) * 961
  return (size * 7 + last + before) & (slots - 1)
}

function isSame(text: string, buffer: Buffer, start: number): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) !== buffer[start + index]) return false
  }
  return true
}
