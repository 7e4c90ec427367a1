import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { command, lastOf } from './support/dockerfile.ts'
import { read, root } from './support/files.ts'
import { podVariables } from './support/pod-settings.ts'

// The pod is started to ask what it knows, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const unit = 'deploy/systemd/network-pod.service'
const dropIn = 'deploy/systemd/network-pod.service.d/admin-token.conf'
const analyze = '/usr/bin/systemd-analyze'

describe('the systemd unit', () => {
  test('starts the pod as the image does', () => {
    const [node, ...args] = command(lastOf('pods/network-pod/Dockerfile', 'CMD'))
    const expected = [`/usr/bin/${node}`, ...args].join(' ').replace('dist/', '/opt/network-pod/dist/')
    expect(read(unit)).toContain(`\nExecStart=${expected}\n`)
  })

  test('sets what the pod knows', () => {
    const known = podVariables()
    const set = Array.from(
      (read(unit) + read(dropIn)).matchAll(/^Environment=([A-Z_]+)=/gm),
      ([, name = '']) => name
    )
    expect(set).toEqual(['NODE_ENV', 'DATA_DIR', 'ADMIN_TOKEN_FILE'])
    expect(set.slice(1).filter((name) => !known.has(name))).toEqual([])
  })

  test.runIf(existsSync(analyze))('is one that systemd takes', () => {
    const said = execFileSync(analyze, ['verify', resolve(root, unit)], { encoding: 'utf8', stdio: 'pipe' })
    expect(said).toBe('')
  })
})
