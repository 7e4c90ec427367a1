import { leaseShare, NetworkError, timeouts } from '@hcengineering/network-core'
import type { ProofOfDeath } from '@hcengineering/network-server'
import { z } from 'zod'

/** The levels of `LOG_LEVEL`, from the most to the least talkative. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** What the pod is told by its environment. Times in seconds. */
export interface PodConfiguration {
  /** The address to listen on: `*` for all, `localhost`, or an address of this machine. */
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly aliveTimeout: number
  readonly pingInterval: number
  readonly unusedContainerTimeout: number
  readonly recoveryGrace: number
  /** Where the agents that hold leases are kept for the next start. */
  readonly dataDir: string | undefined
  readonly proofOfDeath: ProofOfDeath
  readonly logLevel: (typeof logLevels)[number]
}

const proofsOfDeath = ['loopback', 'direct', 'never'] as const satisfies ProofOfDeath[]

const secondsMax = 86_400

/** Decimal digits only: `Number` alone would take `0x10`, `1e3` and blanks for numbers, too. */
function decimal(pattern: RegExp, expected: string, least: number, most: number) {
  return z
    .string()
    .refine((text) => pattern.test(text) && Number(text) >= least && Number(text) <= most, expected)
    .transform(Number)
}

const seconds = (least: number) =>
  decimal(/^\d+(\.\d+)?$/, `a number of seconds from ${least} to ${secondsMax}`, least, secondsMax)

const port = decimal(/^\d+$/, 'a whole number from 0 to 65535 (0 lets the system choose)', 0, 65_535)

const variables = z
  .object({
    HOST: z.string().regex(/^\S+$/, 'an address of this machine, localhost, or * for all').default('*'),
    PORT: port.default(3737),
    ALIVE_TIMEOUT: seconds(0.01).default(timeouts.aliveTimeout),
    PING_INTERVAL: seconds(0.001).default(timeouts.pingInterval),
    UNUSED_CONTAINER_TIMEOUT: seconds(0).default(timeouts.unusedContainerTimeout),
    RECOVERY_GRACE: seconds(0).optional(),
    DATA_DIR: z.string().optional(),
    PROOF_OF_DEATH: z.enum(proofsOfDeath, `one of ${proofsOfDeath.join(', ')}`).default('loopback'),
    LOG_LEVEL: z.enum(logLevels, `one of ${logLevels.join(', ')}`).default('info')
  })
  .superRefine(({ PING_INTERVAL, ALIVE_TIMEOUT }, context) => {
    const most = ALIVE_TIMEOUT * leaseShare
    if (PING_INTERVAL < most) return
    context.addIssue({
      code: 'custom',
      path: ['PING_INTERVAL'],
      message: `shorter than ${leaseShare} of ALIVE_TIMEOUT, that is below ${Number(most.toFixed(3))} seconds`,
      params: { value: PING_INTERVAL }
    })
  })

/**
 * Reads the configuration from environment variables. One that is empty counts as not set.
 *
 * @throws NetworkError `INVALID_ARGUMENT` naming every variable that has a bad value, in one line
 */
export function readConfiguration(environment: NodeJS.ProcessEnv): PodConfiguration {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const result = variables.safeParse(set)
  if (!result.success) {
    const faults = result.error.issues.map((issue) => {
      const name = String(issue.path[0])
      return `${name} must be ${issue.message}, got ${given(set[name])}`
    })
    throw new NetworkError('INVALID_ARGUMENT', faults.join('; '))
  }
  const read = result.data
  return {
    host: read.HOST,
    port: read.PORT,
    aliveTimeout: read.ALIVE_TIMEOUT,
    pingInterval: read.PING_INTERVAL,
    unusedContainerTimeout: read.UNUSED_CONTAINER_TIMEOUT,
    // A pod may be the successor of one that crashed: it waits for that one's agents unless told otherwise.
    recoveryGrace: read.RECOVERY_GRACE ?? read.ALIVE_TIMEOUT,
    dataDir: read.DATA_DIR,
    proofOfDeath: read.PROOF_OF_DEATH,
    logLevel: read.LOG_LEVEL
  }
}

function given(value: string | undefined): string {
  return value === undefined ? 'its default' : JSON.stringify(value)
}
