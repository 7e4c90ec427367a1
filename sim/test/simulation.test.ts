import { expect, test } from 'vitest'
import { withMutant } from '../src/mutants/mutants.ts'
import { runScript } from '../src/run/run-script.ts'
import { shrink } from '../src/run/shrink.ts'
import { draw } from '../src/script/draw.ts'

test('the same seed has the same script, the same trace and the same outcome', async () => {
  expect(draw(3)).toEqual(draw(3))
  const [first, second] = [await runScript(draw(3)), await runScript(draw(3))]
  expect(second).toEqual(first)
  expect(first.virtualMs).toBeGreaterThan(60_000)
})

test('seeds differ', async () => {
  expect(draw(1).actions).not.toEqual(draw(2).actions)
  const [first, second] = [await runScript(draw(1)), await runScript(draw(2))]
  expect(second.hash).not.toBe(first.hash)
})

test('at least 50 faults of a seed take effect, and most of what is asked succeeds', async () => {
  const { faults, succeeded, failed } = await runScript(draw(1))
  expect(Object.values(faults).reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(50)
  expect(succeeded).toBeGreaterThan(failed * 3)
})

test('a network without faults and without work breaks nothing', async () => {
  const script = { seed: 1, mode: 'heal', chaosMs: 5000, actions: [] } as const
  expect((await runScript(script)).violations).toEqual([])
})

test('a mutant is found, and its script is cut down to what shows it', async () => {
  await withMutant('standbys-serve', async () => {
    const shrunk = await shrink({ ...draw(1), chaosMs: 10_000 })
    expect(shrunk?.invariant).toBe('I1')
    expect(shrunk?.script.actions).toEqual([])
  })
})

test('a mutant that was taken out leaves nothing behind', async () => {
  const script = { seed: 1, mode: 'heal', chaosMs: 5000, actions: [] } as const
  const broken = await withMutant('dispatches-without-lease', () => runScript(script))
  const whole = await runScript(script)
  expect(whole.violations).toEqual([])
  expect(broken.seed).toBe(whole.seed)
})
