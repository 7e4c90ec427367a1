/** Compares by a text of each, so that lists come in the same order every time. */
export function byText<T>(textOf: (item: T) => string): (a: T, b: T) => number {
  return (a, b) => {
    const [left, right] = [textOf(a), textOf(b)]
    if (left === right) return 0
    return left < right ? -1 : 1
  }
}
