/** The messages that open a session over a connection, and the guards for what arrives as one. */

import type { ErrorFactory } from '../errors.ts'
import { MalformedMessage } from './bytes.ts'
import { MessageType } from './frames.ts'
import { durationMsMax, type SessionLimits } from './limits.ts'
import { decodeValue, encodeValue } from './values.ts'

/** The protocol spoken here. Each side says the oldest and the newest it knows. */
export const protocolVersion = 1

/** What the dialler says first. */
export interface Hello {
  readonly protocolMin: number
  readonly protocolMax: number
  /** Who dials: the same over all its sessions. */
  readonly peerId: string
  /** How long the dialler's silence keeps what it holds. */
  readonly aliveTimeoutMs: number
  readonly limits: SessionLimits
  /** The session to go on with; absent for a new one. */
  readonly resume?: { readonly sessionId: string; readonly secret: string; readonly received: number }
  /**
   * Unguessable, and the same until a welcome has arrived: a dialler that greets again because the welcome was
   * lost finds the session that waits for it.
   */
  readonly attempt?: string
  /** Whatever the packages above want to say. */
  readonly details?: unknown
}

/** What the listener answers. */
export interface Welcome {
  readonly protocol: number
  readonly sessionId: string
  /** Needed to resume the session: only its owner knows it. */
  readonly secret: string
  /** Whether the session asked for goes on. If not, this one is new, and nothing of the old one is known. */
  readonly resumed: boolean
  /** The last batch that the listener has of this session. */
  readonly received: number
  readonly limits: SessionLimits
  readonly pingIntervalMs: number
  /** Whatever the packages above want to say. */
  readonly details?: unknown
}

/** Why a listener does not talk to this dialler. */
export interface Refusal {
  readonly code: string
  readonly message: string
}

const noErrors: ErrorFactory = (_code, message) => new MalformedMessage(message)

function message(type: number, body: unknown): Uint8Array {
  const bytes = encodeValue(body, noErrors)
  const whole = Buffer.allocUnsafeSlow(bytes.length + 1)
  whole[0] = type
  whole.set(bytes, 1)
  return whole
}

function bodyOf(bytes: Uint8Array): Record<string, unknown> {
  const body = decodeValue(bytes.subarray(1), noErrors)
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new MalformedMessage('no handshake')
  return body as Record<string, unknown>
}

export const encodeHello = (hello: Hello): Uint8Array => message(MessageType.hello, hello)
export const encodeWelcome = (welcome: Welcome): Uint8Array => message(MessageType.welcome, welcome)
export const encodeRefusal = (refusal: Refusal): Uint8Array => message(MessageType.refused, refusal)

/** @throws MalformedMessage */
export function decodeHello(bytes: Uint8Array): Hello {
  const body = bodyOf(bytes)
  const resume = body['resume'] as Record<string, unknown> | undefined
  return {
    protocolMin: whole(body['protocolMin'], 'protocolMin'),
    protocolMax: whole(body['protocolMax'], 'protocolMax'),
    peerId: text(body['peerId'], 'peerId'),
    aliveTimeoutMs: whole(body['aliveTimeoutMs'], 'aliveTimeoutMs'),
    limits: limitsOf(body['limits']),
    ...(resume !== undefined &&
      resume !== null && {
        resume: {
          sessionId: text(resume['sessionId'], 'sessionId'),
          secret: text(resume['secret'], 'secret'),
          received: sequence(resume['received'])
        }
      }),
    ...(body['attempt'] !== undefined && { attempt: text(body['attempt'], 'attempt') }),
    details: body['details']
  }
}

/** @throws MalformedMessage */
export function decodeWelcome(bytes: Uint8Array): Welcome {
  const body = bodyOf(bytes)
  return {
    protocol: whole(body['protocol'], 'protocol'),
    sessionId: text(body['sessionId'], 'sessionId'),
    secret: text(body['secret'], 'secret'),
    resumed: body['resumed'] === true,
    received: sequence(body['received']),
    limits: limitsOf(body['limits']),
    pingIntervalMs: Math.max(1, whole(body['pingIntervalMs'], 'pingIntervalMs')),
    details: body['details']
  }
}

/** @throws MalformedMessage */
export function decodeRefusal(bytes: Uint8Array): Refusal {
  const body = bodyOf(bytes)
  return { code: text(body['code'], 'code'), message: text(body['message'], 'message') }
}

function limitsOf(value: unknown): SessionLimits {
  const limits = (value ?? {}) as Record<string, unknown>
  return {
    payloadBytesMax: positive(limits['payloadBytesMax'], 'payloadBytesMax'),
    windowBytes: positive(limits['windowBytes'], 'windowBytes'),
    requestsMax: positive(limits['requestsMax'], 'requestsMax'),
    streamsMax: positive(limits['streamsMax'], 'streamsMax'),
    queuedRequestsMax: positive(limits['queuedRequestsMax'], 'queuedRequestsMax'),
    queuedBytesMax: positive(limits['queuedBytesMax'], 'queuedBytesMax')
  }
}

function whole(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > durationMsMax) {
    throw new MalformedMessage(`${what} is no whole number`)
  }
  return value
}

function positive(value: unknown, what: string): number {
  const number = whole(value, what)
  if (number === 0) throw new MalformedMessage(`${what} is 0`)
  return number
}

function sequence(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new MalformedMessage('no sequence number')
  }
  return value
}

function text(value: unknown, what: string): string {
  if (typeof value !== 'string' || value.length === 0 || value.length > 1024) {
    throw new MalformedMessage(`${what} is no text`)
  }
  return value
}
