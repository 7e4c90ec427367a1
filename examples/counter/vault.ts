import {
  compareTokens,
  NetworkError,
  type ActivationToken,
  type Container
} from '@hcengineering/network-core'
import type { Saved } from './messages.ts'

interface VaultRequest {
  readonly name: string
  readonly token: ActivationToken
  readonly saved?: Saved
}

/** Keeps the values of counters, and refuses activations that have been followed: it stands for your database. */
export class Vault implements Container {
  private readonly values = new Map<string, Saved>()
  private readonly newest = new Map<string, ActivationToken>()

  async request(operation: 'load' | 'save', { name, token, saved }: VaultRequest): Promise<Saved> {
    const newest = this.newest.get(name)
    if (newest !== undefined && compareTokens(token, newest) < 0) {
      throw new NetworkError('FENCED', `${name} is served elsewhere`)
    }
    this.newest.set(name, token)
    if (operation === 'save' && saved !== undefined) this.values.set(name, saved)
    return this.values.get(name) ?? { value: 0, changes: [] }
  }

  connect(): void {}
  disconnect(): void {}
  async ping(): Promise<void> {}
  async terminate(): Promise<void> {}
}
