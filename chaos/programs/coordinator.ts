/** The pod as it is deployed, over tcp: the pod's own program speaks ZeroMQ only. */

import { tcpTransport } from '@hcengineering/network-backrpc'
import { createLogger, readConfiguration, startPod } from '@hcengineering/network-pod'

const configuration = readConfiguration(process.env)
const logger = createLogger(configuration.logLevel)
const pod = await startPod(configuration, logger, { transport: tcpTransport })
console.log(JSON.stringify({ msg: 'listening', port: pod.port }))
process.on('SIGTERM', () => {
  pod.close().then(
    () => process.exit(0),
    () => process.exit(1)
  )
})
