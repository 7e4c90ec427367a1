export { createTcpTransport, tcpTransport } from './transport.ts'
export type { TcpOptions } from './options.ts'
