/** How near an agent is to being given up: it should be heard several times within its lease. */
export function leaseTone(leftMs: number, mostMs: number): 'good' | 'warn' | 'bad' {
  const share = mostMs > 0 ? leftMs / mostMs : 0
  if (share < 0.15) return 'bad'
  return share < 0.4 ? 'warn' : 'good'
}
