import { mkdir, open, readFile, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import {
  agentEndpointRef,
  NetworkError,
  type AgentUuid,
  type Logger,
  type RosterEntry,
  type RosterRecord,
  type RosterStore
} from '@hcengineering/network-core'
import { tryLock } from 'fs-native-extensions'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'

/** What a coordinator keeps for its next start. */
export interface DataDirectory extends AsyncDisposable {
  readonly roster: RosterStore
  /** Lets another coordinator have it. */
  close(): Promise<void>
}

const rosterFile = 'roster.json'
const lockFile = 'lock'

const rosterRecord = z.object({
  version: z.literal(1),
  epoch: z.int().positive(),
  complete: z.boolean(),
  agents: z.array(
    z.object({
      agentId: z.string(),
      incarnation: z.string(),
      endpoint: z.string().optional(),
      answered: z.boolean()
    })
  )
})

/**
 * Opens a directory for one coordinator, and makes it if it is not there. The lock on it is the system's: it ends
 * with the process, however that ends.
 *
 * @throws NetworkError `DATA_IN_USE` when another process has it, `STORE_FAILED` when it cannot be used
 */
export async function openDataDirectory(path: string, logger: Logger): Promise<DataDirectory> {
  let lock: FileHandle
  try {
    await mkdir(path, { recursive: true })
    lock = await open(join(path, lockFile), 'a+')
  } catch (error) {
    throw unusable(path, error)
  }
  try {
    if (!tryLock(lock.fd)) {
      throw new NetworkError(
        'DATA_IN_USE',
        `another coordinator uses ${path}: stop it, or take another directory`
      )
    }
    const remembered = await readRoster(path, logger)
    return {
      roster: { remembered, save: (record) => saveRoster(path, record) },
      close: () => lock.close(),
      [Symbol.asyncDispose]: () => lock.close()
    }
  } catch (error) {
    await lock.close()
    throw error
  }
}

async function readRoster(path: string, logger: Logger): Promise<RosterRecord | undefined> {
  const file = join(path, rosterFile)
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unusable(path, error)
  }
  try {
    const { epoch, complete, agents } = rosterRecord.parse(JSON.parse(text))
    return { epoch, complete, agents: agents.map(entryOf) }
  } catch (error) {
    // Then nobody is known, and the pod waits for all that may be on their way.
    logger.error({ file, error }, 'the roster cannot be read: it is taken for missing')
    return undefined
  }
}

function entryOf(kept: z.infer<typeof rosterRecord>['agents'][number]): RosterEntry {
  const { agentId, incarnation, endpoint, answered } = kept
  return {
    agentId: agentId as AgentUuid,
    incarnation,
    endpoint: endpoint === undefined ? undefined : agentEndpointRef(endpoint),
    answered
  }
}

async function saveRoster(path: string, record: RosterRecord): Promise<void> {
  // Written beside it, flushed to the disk, and renamed.
  await writeFileAtomic(join(path, rosterFile), JSON.stringify({ version: 1, ...record }))
  // The new name is durable only with the directory.
  const directory = await open(path)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

function unusable(path: string, error: unknown): NetworkError {
  return new NetworkError(
    'STORE_FAILED',
    `the data directory ${path} cannot be used: ${(error as Error).message}`,
    {
      cause: error
    }
  )
}
