export { NetworkServer, type ClientSessionFacts } from './network-server.ts'
export { Traffic } from './traffic.ts'
export type { NetworkServerOptions, ProofOfDeath } from './options.ts'
