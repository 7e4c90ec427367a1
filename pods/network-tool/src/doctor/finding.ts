/** How bad it is. `note` is worth knowing, and no fault. */
export type Severity = 'ok' | 'note' | 'warning' | 'problem'

/** What is looked at. */
export type Check =
  | 'port'
  | 'session'
  | 'coordinator'
  | 'latency'
  | 'agents'
  | 'agent'
  | 'admin'
  | 'token'
  | 'version'
  | 'clock'
  | 'recovery'
  | 'load'
  | 'placement'
  | 'lease'
  | 'history'

/** What one check has come to, in plain words. */
export interface Finding {
  readonly check: Check
  readonly severity: Severity
  readonly says: string
  /** What to do about it. */
  readonly advice?: string
}

/** Makes a finding. */
export function finding(check: Check, severity: Severity, says: string, advice?: string): Finding {
  return { check, severity, says, ...(advice !== undefined && { advice }) }
}
