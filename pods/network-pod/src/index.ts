export { logLevels, readConfiguration, type PodConfiguration } from './configuration.ts'
export { startPod, type Pod } from './pod.ts'
