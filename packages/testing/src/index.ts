export { eventRecorder, EventRecorder } from './doubles/event-recorder.ts'
export {
  echoContainer,
  recordingContainer,
  type ReceivedRequest,
  type RecordingContainer,
  type RecordingContainerOptions
} from './doubles/recording-container.ts'
export { VirtualLan, type Machine } from './machines/virtual-lan.ts'
export { countedIds } from './network/counted-ids.ts'
export type { TestAgent, TestAgentOptions, TestContainerFactory } from './network/test-agent.ts'
export {
  startTestNetwork,
  type PartitionOptions,
  TestNetwork,
  type RestartOptions,
  type TestNetworkMember,
  type TestNetworkOptions
} from './network/test-network.ts'
export * from './time/index.ts'
export * from './sim/index.ts'
