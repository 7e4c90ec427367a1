import type { TestNetwork } from '@hcengineering/network-testing'
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
  environment: Record<string, string> = {}
): Promise<ToolResult> {
  let out = ''
  let error = ''
  const io = {
    out: (text: string) => void (out += text),
    error: (text: string) => void (error += text),
    environment: { NETWORK: net.address, ...environment }
  }
  const code = await net.until(run(argv, io, { transport: net.transport('tool'), clock: net.clock }))
  return { code, out, error }
}
