/**
 * The pure machines themselves, for simulations and other proofs that look behind the public interface. What is
 * exported here may change with any release.
 */

export { Binding } from './agent/binding.ts'
export { ContainerHost } from './agent/host.ts'
export { Lease, type LeaseState, type Moment } from './agent/lease.ts'
export { AgentMachine, type AgentEffect, type Fate, type Instance } from './agent/machine.ts'
export type { CoordinatorEffect } from './coordinator/effects.ts'
export type { ContainerEntry } from './coordinator/entries.ts'
export { Entrance } from './coordinator/entrance.ts'
export { CoordinatorMachine } from './coordinator/machine.ts'
export { Placement } from './coordinator/placement.ts'
export { CoordinatorState, recoveryHold, type Timed } from './coordinator/state.ts'
