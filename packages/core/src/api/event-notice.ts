/** A declared event, as it travels: what an untyped connection hears of it. */
export interface EventNotice {
  /** Its name in the declaration. */
  readonly event: string
  readonly data: unknown
}

/** What a typed connection takes for an event; undefined for what a container has sent besides its declaration. */
export function readEventNotice(value: unknown): EventNotice | undefined {
  if (typeof value !== 'object' || value === null || !('event' in value)) return undefined
  const { event } = value
  return typeof event === 'string' ? { event, data: 'data' in value ? value.data : undefined } : undefined
}
