export { openTelemetryTracing, type TracingOptions } from './tracing.ts'
