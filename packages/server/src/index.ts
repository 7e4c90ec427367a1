export { NetworkServer } from './network-server.ts'
export type { NetworkServerOptions } from './options.ts'
