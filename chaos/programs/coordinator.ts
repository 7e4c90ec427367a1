/** The pod as it is deployed, over tcp: the pod's own program speaks ZeroMQ only. */

import { tcpTransport } from '@hcengineering/network-backrpc'
import { silentLogger } from '@hcengineering/network-core'
import { readConfiguration, startPod } from '@hcengineering/network-pod'

const pod = await startPod(readConfiguration(process.env), silentLogger, { transport: tcpTransport })
console.log(JSON.stringify({ msg: 'listening', port: pod.port }))
process.on('SIGTERM', () => {
  pod.close().then(
    () => process.exit(0),
    () => process.exit(1)
  )
})
