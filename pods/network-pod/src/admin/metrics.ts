/** Where `/metrics` gets its text from. */
export interface MetricsSource {
  /** Such as that of the Prometheus text format. */
  readonly contentType: string
  /** Reads the counters as they are now. */
  read(): string | Promise<string>
}
