export { NetworkServer } from './network-server.ts'
export type { NetworkServerOptions, ProofOfDeath } from './options.ts'
