/** A service, declared once: what containers implement, and what callers use, follows from it. */

import { NetworkError } from './errors.ts'
import { requireName, type ContainerKind } from './ids.ts'
import type { AnySchema, StandardSchema } from './standard-schema.ts'

/** An operation whose input a schema may make something else of, before the container receives it. */
export interface CheckedOperation<Input, Output, Received> {
  readonly schema: StandardSchema<Input, Received> | undefined
  /** For the compiler only. */
  readonly '~types'?:
    { readonly input: Input; readonly output: Output; readonly received: Received } | undefined
}

/** An operation: what it takes, and what it answers. */
export interface Operation<Input, Output> extends CheckedOperation<Input, Output, Input> {}

/** An operation whose input is checked, and that answers nothing unless {@link SchemaOperation.returns} says what. */
export interface SchemaOperation<Input, Received> extends CheckedOperation<Input, void, Received> {
  /** Says what it answers. */
  returns<Output>(): CheckedOperation<Input, Output, Received>
}

/** A stream whose input a schema may make something else of, before the container receives it. */
export interface CheckedStream<Input, Item, Received> {
  readonly schema: StandardSchema<Input, Received> | undefined
  /** For the compiler only. */
  readonly '~types'?: { readonly input: Input; readonly item: Item; readonly received: Received } | undefined
}

/** A stream: what it is asked for with, and its items. An input that is an `AsyncIterable` is streamed, too. */
export interface Stream<Input, Item> extends CheckedStream<Input, Item, Input> {}

/** A stream whose input is checked; {@link SchemaStream.yields} says what its items are. */
export interface SchemaStream<Input, Received> extends CheckedStream<Input, unknown, Received> {
  /** Says what its items are. */
  yields<Item>(): CheckedStream<Input, Item, Received>
}

/** An event that containers send to whoever is connected. */
export interface Event<T> {
  /** For the compiler only. */
  readonly '~types'?: { readonly event: T } | undefined
}

/**
 * Some operation, event or stream, whatever its types. They are not named here, as they would be inferred from this
 * where a declaration leaves them out.
 */
export interface Declared {
  readonly schema?: AnySchema | undefined
  /** For the compiler only. */
  readonly '~types'?: object | undefined
}

/** What a service consists of. */
export interface ServiceDeclaration {
  /** By name; each is a request. See {@link operation}. */
  readonly operations?: Readonly<Record<string, Declared>>
  /** By name; sent to everybody who is connected. See {@link event}. */
  readonly events?: Readonly<Record<string, Declared>>
  /** By name. See {@link stream}. */
  readonly streams?: Readonly<Record<string, Declared>>
  /** What a `get` may bring along for a new container: its `extra`. */
  readonly extra?: AnySchema
  /** What one activation hands over to the next. */
  readonly snapshot?: AnySchema
}

/** A declared service: see {@link defineService}. */
export interface Service<D extends ServiceDeclaration = ServiceDeclaration> {
  readonly kind: ContainerKind
  readonly declaration: D
}

/**
 * Declares an operation. A schema, where one is given, checks what callers send, in the container's process, before
 * the container sees it.
 *
 * @example
 * ```ts
 * import { defineService, operation } from '@hcengineering/network-core'
 *
 * export const Counter = defineService('counter', {
 *   operations: { add: operation<{ by: number }, number>(), reset: operation() }
 * })
 * ```
 */
export function operation<Input = void, Output = void>(): Operation<Input, Output>
export function operation<Input, Received>(
  schema: StandardSchema<Input, Received>
): SchemaOperation<Input, Received>
export function operation(schema?: StandardSchema<any, any>): SchemaOperation<any, any> {
  return { schema, returns: () => ({ schema }) }
}

/**
 * Declares a stream. A schema, where one is given, checks what callers send, in the container's process, before the
 * container sees it.
 */
export function stream<Input = void, Item = unknown>(): Stream<Input, Item>
export function stream<Input, Received>(
  schema: StandardSchema<Input, Received>
): SchemaStream<Input, Received>
export function stream(schema?: StandardSchema<any, any>): SchemaStream<any, any> {
  return { schema, yields: () => ({ schema }) }
}

/** Declares an event. */
export function event<T = void>(): Event<T> {
  return {}
}

/**
 * Declares a service: its operations, events and streams, each by its name. Containers are made for it by
 * `implement`, and a client's `get` takes it in place of a kind.
 *
 * @param kind the kind of its containers
 * @throws NetworkError `INVALID_ARGUMENT` for a name that cannot be used
 *
 * @example
 * ```ts
 * import { defineService, event, operation, stream } from '@hcengineering/network-core'
 *
 * interface Message {
 *   readonly id: number
 *   readonly text: string
 * }
 *
 * export const Room = defineService('chat-room', {
 *   operations: { sendMessage: operation<{ text: string }, Message>() },
 *   events: { message: event<Message>() },
 *   streams: { history: stream<{ since: number }, Message>() }
 * })
 * ```
 */
export function defineService<const D extends ServiceDeclaration>(kind: string, declaration: D): Service<D> {
  const { operations, events, streams } = declaration
  for (const group of [operations, events, streams]) {
    for (const name of Object.keys(group ?? {})) {
      requireName(name, 'the name of an operation, event or stream')
      // An object with a method of this name is taken for a promise.
      if (name === 'then') throw new NetworkError('INVALID_ARGUMENT', `'then' cannot be used as a name`)
    }
  }
  return { kind: requireName(kind, 'a kind') as ContainerKind, declaration }
}

/** Whether this is what {@link defineService} returns. */
export function isService(value: unknown): value is Service {
  return typeof value === 'object' && value !== null && 'kind' in value && 'declaration' in value
}

// What follows from a declaration

interface Nothing {}

type OperationsOf<D extends ServiceDeclaration> = D extends { readonly operations: infer O } ? O : Nothing
type EventsOf<D extends ServiceDeclaration> = D extends { readonly events: infer E } ? E : Nothing
type StreamsOf<D extends ServiceDeclaration> = D extends { readonly streams: infer S } ? S : Nothing

/** The names of a service's operations. */
export type OperationName<D extends ServiceDeclaration> = keyof OperationsOf<D>
/** The names of a service's events. */
export type EventName<D extends ServiceDeclaration> = keyof EventsOf<D>
/** The names of a service's streams. */
export type StreamName<D extends ServiceDeclaration> = keyof StreamsOf<D>

type TypesOf<T> = T extends { readonly '~types'?: infer Types } ? NonNullable<Types> : never
type Part<T, Name extends string> = TypesOf<T> extends { readonly [K in Name]: infer P } ? P : never

/** What callers pass to an operation. */
export type OperationInput<D extends ServiceDeclaration, K extends OperationName<D>> = Part<
  OperationsOf<D>[K],
  'input'
>
/** What the container receives of it: what the schema has made of it, if there is one. */
export type OperationReceived<D extends ServiceDeclaration, K extends OperationName<D>> = Part<
  OperationsOf<D>[K],
  'received'
>
/** What an operation answers. */
export type OperationOutput<D extends ServiceDeclaration, K extends OperationName<D>> = Part<
  OperationsOf<D>[K],
  'output'
>
/** What an event carries. */
export type EventData<D extends ServiceDeclaration, K extends EventName<D>> = Part<EventsOf<D>[K], 'event'>
/** What callers open a stream with. */
export type StreamInput<D extends ServiceDeclaration, K extends StreamName<D>> = Part<
  StreamsOf<D>[K],
  'input'
>
/** What the container receives of it. */
export type StreamReceived<D extends ServiceDeclaration, K extends StreamName<D>> = Part<
  StreamsOf<D>[K],
  'received'
>
/** The items of a stream. */
export type StreamItem<D extends ServiceDeclaration, K extends StreamName<D>> = Part<StreamsOf<D>[K], 'item'>

/** What a `get` may bring along as `extra`. */
export type ExtraInput<D extends ServiceDeclaration> = D extends {
  readonly extra: StandardSchema<infer Input, any>
}
  ? Input
  : undefined
/** What the container receives of it. */
export type ExtraReceived<D extends ServiceDeclaration> = D extends {
  readonly extra: StandardSchema<any, infer Output>
}
  ? Output
  : undefined
/** What one activation hands over to the next. */
export type SnapshotOf<D extends ServiceDeclaration> = D extends {
  readonly snapshot: StandardSchema<infer Input, any>
}
  ? Input
  : undefined
/** What the next activation receives of it. */
export type SnapshotReceived<D extends ServiceDeclaration> = D extends {
  readonly snapshot: StandardSchema<any, infer Output>
}
  ? Output
  : undefined
