import { execFileSync } from 'node:child_process'

const owned = 'hvn'

/** One machine of a {@link VirtualLan}. */
export interface Machine {
  readonly address: string
  /** What runs a command on this machine. */
  readonly prefix: readonly string[]
  /** Pulls its cable: what is sent from it or to it vanishes, and nobody is told. */
  cut(): void
  /** Puts it back. */
  heal(): void
}

/**
 * Machines on a switch, each a network namespace of this one. Needs root and iproute2; nothing of the system's own
 * network is touched. Namespaces are named after this process, so that those of a test run that was killed are
 * recognised and cleaned up by the next.
 */
export class VirtualLan {
  readonly #names: string[] = []
  readonly #switch: string
  readonly #onExit = (): void => this.close()

  constructor() {
    removeLeftovers()
    process.on('exit', this.#onExit)
    try {
      this.#switch = this.#addNamespace('switch')
      ip('-n', this.#switch, 'link', 'add', 'bridge', 'type', 'bridge')
      ip('-n', this.#switch, 'link', 'set', 'bridge', 'up')
    } catch (error) {
      this.close()
      throw error
    }
  }

  machine(name: string): Machine {
    const namespace = this.#addNamespace(name)
    const port = `port${this.#names.length}`
    const address = `10.77.0.${this.#names.length}`
    ip('-n', this.#switch, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace)
    ip('-n', this.#switch, 'link', 'set', port, 'master', 'bridge', 'up')
    ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0')
    ip('-n', namespace, 'link', 'set', 'eth0', 'up')
    ip('-n', namespace, 'link', 'set', 'lo', 'up')
    return {
      address,
      prefix: ['ip', 'netns', 'exec', namespace],
      cut: () => ip('-n', this.#switch, 'link', 'set', port, 'down'),
      heal: () => ip('-n', this.#switch, 'link', 'set', port, 'up')
    }
  }

  /** Removes the machines, and kills what still runs on them. */
  close(): void {
    process.off('exit', this.#onExit)
    for (const name of this.#names.splice(0)) removeNamespace(name)
  }

  #addNamespace(name: string): string {
    const whole = `${owned}-${process.pid}-${name}`
    ip('netns', 'add', whole)
    this.#names.push(whole)
    return whole
  }
}

function ip(...args: string[]): string {
  try {
    return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { code, stderr } = error as NodeJS.ErrnoException & { stderr?: string }
    const reason =
      code === 'ENOENT'
        ? 'there is no `ip`: install iproute2 (apt-get install iproute2)'
        : process.getuid?.() === 0
          ? (stderr ?? String(error)).trim()
          : `network namespaces need root: ${(stderr ?? String(error)).trim()}`
    throw new Error(`ip ${args.join(' ')} failed: ${reason}`, { cause: error })
  }
}

/** Namespaces that a killed test run left behind, and what still runs in them. */
function removeLeftovers(): void {
  for (const line of ip('netns', 'list').split('\n')) {
    const [name = ''] = line.split(' ')
    const owner = new RegExp(`^${owned}-(\\d+)-`).exec(name)?.[1]
    if (owner === undefined || isAlive(Number(owner))) continue
    removeNamespace(name)
  }
}

function removeNamespace(name: string): void {
  for (const pid of ip('netns', 'pids', name).split('\n')) {
    if (pid !== '' && isAlive(Number(pid))) process.kill(Number(pid), 'SIGKILL')
  }
  ip('netns', 'delete', name)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
