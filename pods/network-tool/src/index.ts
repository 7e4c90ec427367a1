export type { ToolClientOptions, ToolIo } from './io.ts'
export type { Terminal, TerminalSize } from './output/terminal.ts'
export { exitCodes, run } from './run.ts'
