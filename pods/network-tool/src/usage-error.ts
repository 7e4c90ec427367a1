/** The command line itself is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What was asked for was done, and tells of something wrong: exit code 3. */
export class ProblemsFound extends Error {
  override readonly name = 'ProblemsFound'
}
