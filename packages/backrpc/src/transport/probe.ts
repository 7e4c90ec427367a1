import { connect } from 'node:net'

const probeTimeoutMs = 1000

/**
 * Tells whether the system at an IP address says that nobody listens at that port. No answer, another error or
 * a connection (which is ended at once) are not that.
 */
export function probeRefused(host: string, port: number, told: (refused: boolean) => void): void {
  const socket = connect({ host, port })
  const settle = (refused: boolean): void => {
    clearTimeout(timer)
    socket.removeAllListeners().on('error', () => {})
    socket.destroy()
    told(refused)
  }
  const timer = setTimeout(() => settle(false), probeTimeoutMs).unref()
  socket.unref()
  socket.on('connect', () => settle(false))
  socket.on('error', (error: NodeJS.ErrnoException) => settle(error.code === 'ECONNREFUSED'))
}
