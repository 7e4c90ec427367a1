import type { Clock, Logger } from '@hcengineering/network-core'

/** How much of the same is let through. */
export interface RepeatLimitOptions {
  /** Lines of one message in a window. @default 20 */
  readonly burst?: number | undefined
  /** @default 10000 */
  readonly windowMs?: number | undefined
}

/** A logger that can be closed. */
export interface LimitedLogger extends Logger {
  /** Says what was left out so far, and stops its timers. */
  close(): void
}

interface Window {
  readonly since: number
  lines: number
  leftOut: number
  cancel: (() => void) | undefined
}

type Level = 'info' | 'warn' | 'error'

/** Messages that are told apart; some bear words of a peer. */
const messagesMax = 1000

/**
 * Keeps what goes wrong a thousand times a second from filling the disk, and from hiding the line that says why:
 * lines with the same message beyond a burst are counted, and the count is logged at the end of the window. What is
 * logged for debugging passes.
 */
export function limitRepeats(logger: Logger, clock: Clock, options: RepeatLimitOptions = {}): LimitedLogger {
  const { burst = 20, windowMs = 10_000 } = options
  const windows = new Map<string, Window>()

  const end = (key: string, level: Level, message: string): void => {
    const window = windows.get(key)
    windows.delete(key)
    window?.cancel?.()
    if (window !== undefined && window.leftOut > 0) {
      logger[level](
        { leftOut: window.leftOut, within: Math.round(clock.now() - window.since) },
        `${message} (more)`
      )
    }
  }

  const log = (level: Level, fields: object, message: string): void => {
    const key = `${level}\n${message}`
    let window = windows.get(key)
    if (window !== undefined && clock.now() - window.since >= windowMs) {
      end(key, level, message)
      window = undefined
    }
    if (window === undefined) {
      if (windows.size >= messagesMax) closeOldest()
      window = { since: clock.now(), lines: 0, leftOut: 0, cancel: undefined }
      windows.set(key, window)
    }
    if (window.lines < burst) {
      window.lines++
      logger[level](fields, message)
      return
    }
    window.leftOut++
    window.cancel ??= clock.after(window.since + windowMs - clock.now(), () => end(key, level, message))
  }

  const close = (key: string): void => {
    const [level = 'info', ...message] = key.split('\n')
    end(key, level as Level, message.join('\n'))
  }

  const closeOldest = (): void => {
    for (const key of windows.keys()) {
      close(key)
      return
    }
  }

  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => log('info', fields, message),
    warn: (fields, message) => log('warn', fields, message),
    error: (fields, message) => log('error', fields, message),
    close: () => {
      for (const key of [...windows.keys()]) close(key)
    }
  }
}
