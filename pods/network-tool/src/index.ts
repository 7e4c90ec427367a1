export type { ToolClientOptions, ToolIo } from './context.ts'
export { exitCodes, run } from './run.ts'
