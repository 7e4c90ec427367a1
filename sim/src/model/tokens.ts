import type { ActivationToken } from '@hcengineering/network-core'

/** Below 0 if the first one is lower. The model compares for itself: it shares no code with what it checks. */
export function order(first: ActivationToken, second: ActivationToken): number {
  return first.epoch === second.epoch ? first.sequence - second.sequence : first.epoch - second.epoch
}

export function written(token: ActivationToken): string {
  return `${token.epoch % 1_000_000}.${token.sequence}`
}
