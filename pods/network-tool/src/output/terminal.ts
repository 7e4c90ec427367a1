import { emitKeypressEvents } from 'node:readline'
import type { ReadStream, WriteStream } from 'node:tty'

/** How much fits on a terminal. */
export interface TerminalSize {
  readonly columns: number
  readonly rows: number
}

/** A terminal that somebody sits at. */
export interface Terminal {
  /** Whether it shows colours, and nobody has asked for none (NO_COLOR). */
  readonly colours: boolean
  size(): TerminalSize
  onResize(listener: () => void): Disposable
  /** Hears each key by its name, which is no longer shown or waited for Enter. Ctrl-C is `ctrl-c`. */
  onKey(listener: (key: string) => void): Disposable
  /** Writes `text` when the process ends, whatever ends it, unless that was taken back. */
  atExit(text: string): Disposable
}

interface Key {
  readonly name?: string
  readonly sequence?: string
  readonly ctrl?: boolean
}

/** The terminal of this process; undefined when standard output is none. */
export function processTerminal(input: ReadStream, output: WriteStream): Terminal | undefined {
  if (!output.isTTY) return undefined
  return {
    colours: output.hasColors(),
    size: () => ({ columns: output.columns, rows: output.rows }),
    onResize: (listener) => {
      output.on('resize', listener)
      return { [Symbol.dispose]: () => void output.off('resize', listener) }
    },
    onKey: (listener) => listenForKeys(input, listener),
    atExit: (text) => {
      const restore = (): void => void output.write(text)
      process.on('exit', restore)
      return { [Symbol.dispose]: () => void process.off('exit', restore) }
    }
  }
}

function listenForKeys(input: ReadStream, listener: (key: string) => void): Disposable {
  if (!input.isTTY) return { [Symbol.dispose]: () => {} }
  const heard = (_text: unknown, key: Key): void => {
    const name = key.name ?? key.sequence ?? ''
    listener(key.ctrl === true ? `ctrl-${name}` : name)
  }
  emitKeypressEvents(input)
  input.setRawMode(true)
  input.on('keypress', heard)
  input.resume()
  return {
    [Symbol.dispose]: () => {
      input.off('keypress', heard)
      input.setRawMode(false)
      // A stream that is read keeps the process.
      input.pause()
    }
  }
}
