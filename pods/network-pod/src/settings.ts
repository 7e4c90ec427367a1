import { timeouts } from '@hcengineering/network-core'
import type { ProofOfDeath } from '@hcengineering/network-server'
import { z } from 'zod'

/** The levels of `LOG_LEVEL`, from the most to the least talkative. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** The transports that a pod can listen with. */
export const transports = ['zeromq', 'tcp'] as const

const proofsOfDeath = ['loopback', 'direct', 'never'] as const satisfies ProofOfDeath[]

/** Where the admin server listens by default: beside the ports that examples and first steps take. */
export const defaultAdminPort = 3780

/** One thing that can be set, and how it is written on the command line. */
export interface Setting<T> {
  readonly env: string
  /** What stands for its value in the help. */
  readonly placeholder: string
  readonly help: string
  readonly group: string
  /** Reads the text that was given; its message says what there should have been. */
  readonly schema: z.ZodType<T, string>
  readonly default: T | undefined
  /** Never shown. */
  readonly secret?: boolean
}

const secondsMax = 86_400

/** Decimal digits only: `Number` alone would take `0x10`, `1e3` and blanks for numbers, too. */
function decimal(pattern: RegExp, expected: string, least: number, most: number): z.ZodType<number, string> {
  return z
    .string()
    .refine((text) => pattern.test(text) && Number(text) >= least && Number(text) <= most, expected)
    .transform(Number)
}

const seconds = (least: number): z.ZodType<number, string> =>
  decimal(/^\d+(\.\d+)?$/, `a number of seconds from ${least} to ${secondsMax}`, least, secondsMax)

const portMeaning = 'a whole number from 0 to 65535 (0 lets the system choose)'
const port = decimal(/^\d+$/, portMeaning, 0, 65_535)

const host = z.string().regex(/^\S+$/, 'an address of this machine, localhost, or * for all')

function oneOf<const T extends string>(names: readonly T[]): z.ZodType<T, string> {
  return z
    .string()
    .refine((text): text is T => names.some((name) => name === text), `one of ${names.join(', ')}`)
}

/** What an admin token looks like. */
export const adminToken: z.ZodType<string, string> = z
  .string()
  .regex(/^[\x21-\x7e]{16,512}$/, '16 to 512 printable characters without blanks')

const network = 'Network:'
const admin = 'Administration:'
const logging = 'Logging:'

/** Everything that can be set by an environment variable, a flag, or a file. Times are in seconds. */
export const settings = {
  host: {
    env: 'HOST',
    placeholder: 'address',
    help: 'where to listen: * for all addresses, localhost, or an address of this machine',
    group: network,
    schema: host,
    default: '*'
  },
  port: {
    env: 'PORT',
    placeholder: 'number',
    help: 'port to listen on; 0 lets the system choose',
    group: network,
    schema: port,
    default: 3737
  },
  transport: {
    env: 'TRANSPORT',
    placeholder: 'name',
    help: 'zeromq or tcp; agents and clients must use the same',
    group: network,
    schema: oneOf(transports),
    default: 'zeromq'
  },
  aliveTimeout: {
    env: 'ALIVE_TIMEOUT',
    placeholder: 'seconds',
    help: "silence after which an agent's containers are given to others",
    group: network,
    schema: seconds(0.01),
    default: timeouts.aliveTimeout
  },
  pingInterval: {
    env: 'PING_INTERVAL',
    placeholder: 'seconds',
    help: 'time between two signs of life of agents and clients',
    group: network,
    schema: seconds(0.001),
    default: timeouts.pingInterval
  },
  unusedContainerTimeout: {
    env: 'UNUSED_CONTAINER_TIMEOUT',
    placeholder: 'seconds',
    help: 'for how long a container stays that nobody refers to',
    group: network,
    schema: seconds(0),
    default: timeouts.unusedContainerTimeout
  },
  recoveryGrace: {
    env: 'RECOVERY_GRACE',
    placeholder: 'seconds',
    help: 'for how long a start waits for the agents of a predecessor (default: the alive timeout)',
    group: network,
    schema: seconds(0),
    default: undefined
  },
  dataDir: {
    env: 'DATA_DIR',
    placeholder: 'folder',
    help: 'where the pod keeps which agents hold leases, for its next start',
    group: network,
    schema: z.string(),
    default: undefined
  },
  proofOfDeath: {
    env: 'PROOF_OF_DEATH',
    placeholder: 'addresses',
    help: 'when an address that refuses connections proves that its agent is dead: loopback, direct or never',
    group: network,
    schema: oneOf(proofsOfDeath),
    default: 'loopback'
  },
  adminHost: {
    env: 'ADMIN_HOST',
    placeholder: 'address',
    help: 'where the admin server listens; other addresses than those of the loopback need a token',
    group: admin,
    schema: host,
    default: '127.0.0.1'
  },
  adminPort: {
    env: 'ADMIN_PORT',
    placeholder: 'number',
    help: 'its port; 0 lets the system choose, off switches it off',
    group: admin,
    schema: z.union([z.literal('off'), port], `off, or ${portMeaning}`),
    default: defaultAdminPort
  },
  adminToken: {
    env: 'ADMIN_TOKEN',
    placeholder: 'token',
    help: 'what whoever drains agents or terminates containers must know (better: a file)',
    group: admin,
    schema: adminToken,
    default: undefined,
    secret: true
  },
  adminTokenFile: {
    env: 'ADMIN_TOKEN_FILE',
    placeholder: 'file',
    help: 'a file that holds the admin token and nothing else',
    group: admin,
    schema: z.string(),
    default: undefined
  },
  logLevel: {
    env: 'LOG_LEVEL',
    placeholder: 'level',
    help: logLevels.join(', '),
    group: logging,
    schema: oneOf(logLevels),
    default: 'info'
  }
} as const satisfies Readonly<Record<string, Setting<unknown>>>

export type SettingName = keyof typeof settings

/** What each setting comes to. */
export type Settings = {
  readonly [Name in SettingName]:
    | z.output<(typeof settings)[Name]['schema']>
    | (undefined extends (typeof settings)[Name]['default'] ? undefined : never)
}

export const settingNames = Object.keys(settings) as SettingName[]

/** How a setting is written on the command line. */
export function flagOf(name: SettingName): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}
