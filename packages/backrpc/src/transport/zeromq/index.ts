export { createZeromqTransport, zeromqTransport, ZeromqTransport } from './transport.ts'
export type { ZeromqOptions } from './options.ts'
export { ZeromqListener } from './listener.ts'
export type { DroppedMessages } from './listener.ts'
