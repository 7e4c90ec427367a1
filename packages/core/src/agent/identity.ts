import type { CoordinatorIdentity } from '../contract/ports.ts'

/** How a coordinator stands to the newest one that an agent has obeyed (I3). */
export function compareIdentities(
  coordinator: CoordinatorIdentity,
  newest: CoordinatorIdentity
): 'same' | 'newer' | 'refused' {
  if (coordinator.epoch > newest.epoch) return 'newer'
  const isSame = coordinator.epoch === newest.epoch && coordinator.incarnation === newest.incarnation
  return isSame ? 'same' : 'refused'
}
