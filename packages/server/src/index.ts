export { NetworkServer } from './network-server.ts'
export type { NetworkServerOptions, ProofOfDeath } from './options.ts'
export { serveNetwork, type ServedNetwork } from './serve-network.ts'
