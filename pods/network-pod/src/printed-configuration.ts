import type { PodConfiguration } from './configuration.ts'

/** The configuration as a file of settings could have it, with secrets hidden. */
export function printedConfiguration(configuration: PodConfiguration): string {
  const { admin, ...rest } = configuration
  const shown = {
    ...rest,
    adminHost: admin?.host,
    adminPort: admin?.port ?? 'off',
    adminToken: admin?.token === undefined ? undefined : '(hidden)'
  }
  return `${JSON.stringify(shown, undefined, 2)}\n`
}
