export { NetworkServer, type ClientSessionFacts, type ServerCounts } from './network-server.ts'
export { KindTraffic, Traffic } from './traffic.ts'
export type { NetworkServerOptions, ProofOfDeath } from './options.ts'
export { serveNetwork, type ServedNetwork } from './serve-network.ts'
