import { chromium, type Browser } from 'playwright-core'

/** Debian's, or the one that the environment names. */
const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

/** Starts the browser, without what it does for itself beside showing pages. */
export function launchBrowser(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...args
    ]
  })
}
