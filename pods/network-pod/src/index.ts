export type {
  ActionResult,
  AgentView,
  ClientView,
  ContainerActivity,
  ContainerDetails,
  ContainerState,
  ContainerView,
  ErrorView,
  KindView,
  NetworkEventView,
  Overview,
  Page,
  Sample,
  SessionView,
  TokenView,
  Totals
} from './admin/views.ts'
export { logLevels, readConfiguration, type PodConfiguration } from './configuration.ts'
export { openDataDirectory, type DataDirectory } from './data-directory.ts'
export { startPod, type Pod } from './pod.ts'
