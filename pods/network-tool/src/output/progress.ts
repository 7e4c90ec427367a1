import { eraseLine } from 'ansi-escapes'
import type { ToolIo } from '../io.ts'

/** How far long work is, on one line of a terminal that is written over and goes when the work is done. */
export class Progress implements Disposable {
  readonly #io: ToolIo
  #shown = false

  constructor(io: ToolIo) {
    this.#io = io
  }

  /** Says nothing where nobody watches. */
  show(text: string): void {
    if (this.#io.progress !== true) return
    this.#io.error(`\r${eraseLine}${text}`)
    this.#shown = true
  }

  [Symbol.dispose](): void {
    if (this.#shown) this.#io.error(`\r${eraseLine}`)
    this.#shown = false
  }
}
