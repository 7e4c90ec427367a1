import { readFileSync } from 'node:fs'
import { leaseShare, NetworkError } from '@hcengineering/network-core'
import type { ProofOfDeath } from '@hcengineering/network-server'
import { isLoopback } from './admin/access.ts'
import type { AdminConfiguration } from './admin/server.ts'
import {
  adminToken,
  flagOf,
  settingNames,
  settings,
  type logLevels,
  type SettingName,
  type Settings,
  type transports
} from './settings.ts'

/** What the pod is told. Times in seconds. */
export interface PodConfiguration {
  /** The address to listen on: `*` for all, `localhost`, or an address of this machine. */
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly transport: (typeof transports)[number]
  readonly aliveTimeout: number
  readonly pingInterval: number
  readonly unusedContainerTimeout: number
  readonly recoveryGrace: number
  /** Where the agents that hold leases are kept for the next start. */
  readonly dataDir: string | undefined
  readonly proofOfDeath: ProofOfDeath
  /** Undefined when there is to be no admin server. */
  readonly admin: AdminConfiguration | undefined
  readonly logLevel: (typeof logLevels)[number]
}

/** What was set besides the environment. */
export interface ConfigurationSources {
  /** As the command line gave them; they win over the environment. */
  readonly flags?: Readonly<Partial<Record<SettingName, string>>> | undefined
  /** A file of settings; the environment wins over it. */
  readonly file?: string | undefined
  /** Takes the place of a configured admin token, of which there must be none. */
  readonly generatedToken?: string | undefined
}

interface Given {
  readonly text: string
  /** How whoever gave it would call it. */
  readonly name: string
}

/**
 * Reads the configuration: flags win over environment variables, these over the file, and the file over defaults. A
 * variable that is empty counts as not set.
 *
 * @throws NetworkError `INVALID_ARGUMENT` naming everything that has a bad value and where it came from, in one line
 */
export function readConfiguration(
  environment: NodeJS.ProcessEnv,
  sources: ConfigurationSources = {}
): PodConfiguration {
  const faults: string[] = []
  const given = gather(environment, sources, faults)
  const read = Object.fromEntries(
    settingNames.map((name) => [name, readSetting(name, given[name], faults)])
  ) as unknown as Settings
  if (faults.length === 0) checkTogether(read, given, faults)
  const token = readToken(read, given, sources.generatedToken, faults)
  if (faults.length === 0) checkAdmin(read, given, token, faults)
  if (faults.length > 0) throw new NetworkError('INVALID_ARGUMENT', faults.join('; '))
  const { adminHost, adminPort, adminToken: _token, adminTokenFile: _file, recoveryGrace, ...rest } = read
  return {
    ...rest,
    // A pod may be the successor of one that crashed: it waits for that one's agents unless told otherwise.
    recoveryGrace: recoveryGrace ?? read.aliveTimeout,
    admin: adminPort === 'off' ? undefined : { host: adminHost, port: adminPort, token }
  }
}

function gather(
  environment: NodeJS.ProcessEnv,
  { flags = {}, file }: ConfigurationSources,
  faults: string[]
): Partial<Record<SettingName, Given>> {
  const inFile = file === undefined ? {} : readFile(file, faults)
  const given: Partial<Record<SettingName, Given>> = {}
  for (const name of settingNames) {
    const { env } = settings[name]
    const fromEnvironment = environment[env] === '' ? undefined : environment[env]
    if (flags[name] !== undefined) given[name] = { text: flags[name], name: flagOf(name) }
    else if (fromEnvironment !== undefined) given[name] = { text: fromEnvironment, name: env }
    else if (inFile[name] !== undefined) given[name] = { text: inFile[name], name: `${name} in ${file}` }
  }
  return given
}

/** The settings of a file as texts, as the other sources have them. */
function readFile(path: string, faults: string[]): Partial<Record<SettingName, string>> {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    faults.push(`${path} must be a file of JSON: ${(error as Error).message}`)
    return {}
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    faults.push(`${path} must hold an object of settings`)
    return {}
  }
  const texts: Partial<Record<SettingName, string>> = {}
  for (const [key, value] of Object.entries(content as Record<string, unknown>)) {
    const name = settingNames.find((known) => known === key)
    if (name === undefined) {
      faults.push(`${key} in ${path} is no setting; there are: ${settingNames.join(', ')}`)
    } else if (typeof value === 'string' || typeof value === 'number') {
      texts[name] = String(value)
    } else {
      faults.push(`${key} in ${path} must be a text or a number`)
    }
  }
  return texts
}

function readSetting(name: SettingName, given: Given | undefined, faults: string[]): unknown {
  const setting: (typeof settings)[SettingName] = settings[name]
  if (given === undefined) return setting.default
  const result = setting.schema.safeParse(given.text)
  if (result.success) return result.data
  const shown = 'secret' in setting ? 'something else' : JSON.stringify(given.text)
  faults.push(`${given.name} must be ${result.error.issues[0]?.message ?? 'valid'}, got ${shown}`)
  return undefined
}

function checkTogether(
  { aliveTimeout, pingInterval }: Settings,
  given: Partial<Record<SettingName, Given>>,
  faults: string[]
): void {
  const most = aliveTimeout * leaseShare
  if (pingInterval < most) return
  const name = given.pingInterval?.name ?? settings.pingInterval.env
  const alive = given.aliveTimeout?.name ?? settings.aliveTimeout.env
  const got = given.pingInterval === undefined ? 'its default' : JSON.stringify(given.pingInterval.text)
  const limit = `below ${Number(most.toFixed(3))} seconds`
  faults.push(`${name} must be shorter than ${leaseShare} of ${alive}, that is ${limit}, got ${got}`)
}

function readToken(
  read: Settings,
  given: Partial<Record<SettingName, Given>>,
  generated: string | undefined,
  faults: string[]
): string | undefined {
  const names = [given.adminToken?.name, given.adminTokenFile?.name].filter((name) => name !== undefined)
  if (generated !== undefined) names.push('--generate-admin-token')
  if (names.length > 1) {
    faults.push(`there must be one admin token at most, got ${names.join(' and ')}`)
    return undefined
  }
  const { adminTokenFile } = read
  if (adminTokenFile === undefined) return read.adminToken ?? generated
  const name = given.adminTokenFile?.name ?? settings.adminTokenFile.env
  try {
    const result = adminToken.safeParse(readFileSync(adminTokenFile, 'utf8').trim())
    if (result.success) return result.data
    faults.push(`${name}: ${adminTokenFile} must hold ${result.error.issues[0]?.message}`)
  } catch (error) {
    faults.push(`${name} must name a file that can be read: ${(error as Error).message}`)
  }
  return undefined
}

function checkAdmin(
  { adminHost, adminPort }: Settings,
  given: Partial<Record<SettingName, Given>>,
  token: string | undefined,
  faults: string[]
): void {
  if (adminPort === 'off' || token !== undefined || isLoopback(adminHost)) return
  const name = given.adminHost?.name ?? settings.adminHost.env
  faults.push(
    `${name} must be 127.0.0.1, ::1 or localhost while there is no admin token, got ${JSON.stringify(adminHost)}`
  )
}
