/**
 * The part of Standard Schema (https://standardschema.dev) that the network needs: zod, valibot, ArkType and others
 * make schemas of this shape, so none of them is depended on.
 */

import { NetworkError } from './errors.ts'

/** A schema of any library that follows Standard Schema: takes `Input`, and makes `Output` of it. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': StandardSchemaProperties<Input, Output>
}

/** What a {@link StandardSchema} says of itself. */
export interface StandardSchemaProperties<Input = unknown, Output = Input> {
  readonly version: 1
  readonly vendor: string
  readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
  /** For the compiler only. */
  readonly types?: { readonly input: Input; readonly output: Output } | undefined
}

/** Some schema, whatever its types. */
export interface AnySchema {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => unknown
  }
}

/** What a schema says of a value. */
export type SchemaResult<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] }

/** What is wrong with a value, and where. */
export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** Issues that an error names; a value can have thousands. */
const issuesMax = 10

/** A schema that lets everything pass: says what a value is to the compiler, and checks nothing. */
export function type<T>(): StandardSchema<T> {
  return { '~standard': { version: 1, vendor: 'network', validate: (value) => ({ value: value as T }) } }
}

/**
 * What a schema makes of a value; a promise only if the schema itself is asynchronous.
 *
 * @param what names the value in the error
 * @throws NetworkError `INVALID_ARGUMENT` naming the path of what is wrong; `details.issues` has all of them, up to 10
 */
export function checkWith(schema: AnySchema, value: unknown, what: string): unknown {
  const result = schema['~standard'].validate(value) as SchemaResult<unknown> | Promise<SchemaResult<unknown>>
  return result instanceof Promise ? result.then((settled) => valueOf(settled, what)) : valueOf(result, what)
}

function valueOf(result: SchemaResult<unknown>, what: string): unknown {
  if (result.issues === undefined) return result.value
  const issues = result.issues
    .slice(0, issuesMax)
    .map(({ message, path }) => ({ path: (path ?? []).map(keyOf).join('.'), message }))
  const [first] = issues
  const where = first === undefined || first.path === '' ? '' : `${first.path}: `
  const more = result.issues.length > 1 ? ` (and ${result.issues.length - 1} more)` : ''
  throw new NetworkError(
    'INVALID_ARGUMENT',
    `${what}: ${where}${first?.message ?? 'is not what its schema says'}${more}`,
    { details: { issues } }
  )
}

function keyOf(part: PropertyKey | { readonly key: PropertyKey }): string {
  return String(typeof part === 'object' ? part.key : part)
}
