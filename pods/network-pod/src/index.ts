export { logLevels, readConfiguration, type PodConfiguration } from './configuration.ts'
export { openDataDirectory, type DataDirectory } from './data-directory.ts'
export { startPod, type Pod } from './pod.ts'
