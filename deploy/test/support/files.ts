import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseAllDocuments } from 'yaml'

/** The root of the repository. */
export const root = resolve(import.meta.dirname, '../../..')

/** A file of the repository. */
export function read(path: string): string {
  return readFileSync(resolve(root, path), 'utf8')
}

/** The documents of a YAML file, without any fault in them. */
export function readYaml(path: string): unknown[] {
  return parseAllDocuments(read(path), { merge: true, strict: true }).map((document) => {
    if (document.errors.length > 0) throw new Error(`${path}: ${document.errors[0]?.message}`)
    return document.toJS() as unknown
  })
}
