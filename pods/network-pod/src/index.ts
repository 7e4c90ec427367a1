export type { MetricsSource } from './admin/metrics.ts'
export {
  startAdminServer,
  type AdminConfiguration,
  type AdminServer,
  type AdminServerParts
} from './admin/server.ts'
export type * from './admin/views.ts'
export { readConfiguration, type ConfigurationSources, type PodConfiguration } from './configuration.ts'
export { openDataDirectory, type DataDirectory } from './data-directory.ts'
export { startPod, type Pod, type PodOptions } from './pod.ts'
export { logLevels } from './settings.ts'
