#!/usr/bin/env node
/**
 * The image's health check: does a coordinator answer where this environment says that it listens? Exit code 0
 * or 1, and one line when it is 1.
 */
import { networkInterfaces } from 'node:os'
import { createNetworkClient } from '@hcengineering/network-client'
import { NetworkError, toNetworkError } from '@hcengineering/network-core'
import { readConfiguration } from './configuration.ts'

const answerTimeoutMs = 2000
const allAddresses = new Set(['*', '0.0.0.0', '::', '[::]'])

/** `HOST` says where to listen; that is an address to dial, `*`, or the name of an interface. */
function reachableHost(host: string): string {
  if (allAddresses.has(host)) return 'localhost'
  const address = networkInterfaces()[host]?.find(({ family }) => family === 'IPv4')?.address ?? host
  return address.includes(':') && !address.startsWith('[') ? `[${address}]` : address
}

try {
  const { host, port } = readConfiguration(process.env)
  if (port === 0)
    throw new NetworkError('INVALID_ARGUMENT', 'PORT is 0: which one the system chose is unknown here')
  await using client = createNetworkClient(`${reachableHost(host)}:${port}`)
  await client.waitConnection(answerTimeoutMs)
} catch (error) {
  const { code, message } = toNetworkError(error, 'INTERNAL')
  console.error(`error ${code}: ${message}`)
  process.exitCode = 1
}
