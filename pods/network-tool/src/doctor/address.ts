/** The parts of `host:port`; undefined if it is of another form. */
export function splitAddress(address: string): { readonly host: string; readonly port: number } | undefined {
  const match = /^(?:[a-z]+:\/\/)?(.+):(\d{1,5})$/.exec(address)
  const [, host, port] = match ?? []
  return host === undefined || port === undefined ? undefined : { host, port: Number(port) }
}

/** Whether it names the machine on which it is read, whichever that is. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host === '::1' || host.startsWith('127.')
}
