import type { TestNetwork } from '@hcengineering/network-testing'
import type { ToolIo } from '../../src/io.ts'
import { run } from '../../src/run.ts'

/** What a run wrote and how it ended. */
export interface ToolResult {
  readonly code: number
  readonly out: string
  readonly error: string
}

/** Runs the tool within this process, as a member of a test network. */
export async function runTool(
  net: TestNetwork,
  argv: readonly string[],
  environment: Record<string, string> = {},
  more: Partial<ToolIo> = {}
): Promise<ToolResult> {
  let out = ''
  let error = ''
  const io: ToolIo = {
    out: (text: string) => void (out += text),
    error: (text: string) => void (error += text),
    environment: { NETWORK: net.address, ...environment },
    ...more
  }
  const code = await net.until(run(argv, io, { transport: net.transport('tool'), clock: net.clock }))
  return { code, out, error }
}

/** Runs the tool within this process and in real time, with nothing but an admin API to talk to. */
export async function runAlone(
  argv: readonly string[],
  environment: Record<string, string>,
  more: Partial<ToolIo> = {}
): Promise<ToolResult> {
  let out = ''
  let error = ''
  const io: ToolIo = {
    out: (text) => void (out += text),
    error: (text) => void (error += text),
    environment,
    ...more
  }
  const code = await run(argv, io)
  return { code, out, error }
}
