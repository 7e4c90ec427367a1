export { SkewedClock, type SkewedClockOptions } from './skewed-clock.ts'
export { VirtualClock, type VirtualClockOptions } from './virtual-clock.ts'
