import {
  beginSynchronizedOutput,
  cursorHide,
  cursorShow,
  cursorTo,
  endSynchronizedOutput,
  enterAlternativeScreen,
  eraseDown,
  eraseEndLine,
  exitAlternativeScreen
} from 'ansi-escapes'
import type { ToolIo } from '../io.ts'
import type { Terminal } from '../output/terminal.ts'

/**
 * The whole terminal, for as long as it is not disposed of: what was on it comes back then, and also when the
 * process ends in any other way that lets it speak.
 */
export class Screen implements Disposable {
  readonly #io: ToolIo
  readonly #atExit: Disposable

  constructor(io: ToolIo, terminal: Terminal) {
    this.#io = io
    this.#atExit = terminal.atExit(cursorShow + exitAlternativeScreen)
    io.out(enterAlternativeScreen + cursorHide)
  }

  /** Draws over what was there, line by line and as one change, so that nothing flickers. */
  draw(lines: readonly string[]): void {
    const body = lines.map((line) => line + eraseEndLine).join('\r\n')
    this.#io.out(beginSynchronizedOutput + cursorTo(0, 0) + body + eraseDown + endSynchronizedOutput)
  }

  [Symbol.dispose](): void {
    this.#atExit[Symbol.dispose]()
    this.#io.out(cursorShow + exitAlternativeScreen)
  }
}
