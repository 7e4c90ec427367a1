import { expect, test } from 'vitest'
import { Answers, pathOf } from '../src/answers.ts'
import type { Answer } from '../src/messages.ts'

function answer(client: string, at: number): Answer {
  const base = { type: 'answer', uuid: 'room', via: 'reference', agent: 'one', instance: 'one#1' } as const
  return { ...base, client, askedAt: at - 1, at }
}

const paths = ['ann', 'ben'].map((client) => pathOf(answer(client, 0)))

test('an expectation is met with the last of the first answers that are good enough', async () => {
  const answers = new Answers()
  const arrival = answers.expect({ paths, accept: ({ askedAt }) => askedAt >= 10, timeoutMs: 5000 })
  for (const given of [answer('ann', 5), answer('ann', 12), answer('ben', 15), answer('ann', 20)])
    answers.add(given)
  expect(await arrival).toEqual({ at: 15, missing: [] })
})

test('an expectation that is not met in time names what is missing', async () => {
  const answers = new Answers()
  const arrival = answers.expect({ paths, accept: () => true, timeoutMs: 10 })
  answers.add(answer('ann', 5))
  expect(await arrival).toEqual({ at: 5, missing: [paths[1]] })
})
