import type { JSX } from 'preact'
import type { AgentView } from '@hcengineering/network-pod/admin-views'
import { duration } from '../format/times.ts'
import { overview } from '../state/store.ts'
import { Meter } from '../ui/meter.tsx'
import { leaseTone } from './lease-tone.ts'

/** How long an agent may still be silent before it is given up. */
export function LeaseMeter({ agent }: { agent: AgentView }): JSX.Element {
  const most = overview.value?.aliveTimeoutMs ?? agent.silentMs + agent.leaseMarginMs
  const left = Math.max(0, agent.leaseMarginMs)
  return (
    <span class="lease" title={`Last heard ${duration(agent.silentMs)} ago`}>
      <Meter
        value={left}
        most={most}
        tone={leaseTone(left, most)}
        label={`${duration(left)} of lease left`}
      />
      <span class="lease-figure">{duration(left)}</span>
    </span>
  )
}
