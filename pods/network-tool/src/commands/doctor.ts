import type { Command } from 'commander'
import type { ToolContext } from '../context.ts'
import { examine } from '../doctor/examine.ts'
import type { Finding, Severity } from '../doctor/finding.ts'
import type { GlobalOptions } from '../io.ts'
import { plural } from '../output/numbers.ts'
import type { Paint, Tone } from '../output/paint.ts'
import { printable } from '../output/printable.ts'
import { ProblemsFound } from '../usage-error.ts'

export function addDoctor(program: Command, context: ToolContext): void {
  program
    .command('doctor')
    .description('look at a network from here, and say in plain words what is wrong and what to do')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const findings: Finding[] = []
      {
        using progress = context.progress()
        progress.show('looking at the network')
        for await (const found of examine(context, options)) {
          findings.push(found)
          if (options.json === true) continue
          progress[Symbol.dispose]()
          context.line(describe(found, context.paint))
          progress.show(`looked at ${plural(findings.length, 'thing')}`)
        }
      }
      const of = (severity: Severity): number =>
        findings.filter((found) => found.severity === severity).length
      const [problems, warnings] = [of('problem'), of('warning')]
      context.show(options, { problems, warnings, findings }, () =>
        summary(problems, warnings, context.paint)
      )
      if (problems > 0) throw new ProblemsFound('see above')
    })
}

const tones: Readonly<Record<Severity, Tone>> = {
  ok: 'good',
  note: 'faint',
  warning: 'warning',
  problem: 'bad'
}

const severityWidth = 'problem'.length
const checkWidth = 'coordinator'.length

function describe({ severity, check, says, advice }: Finding, paint: Paint): string {
  const line = `${paint(tones[severity], severity.padEnd(severityWidth))}  ${check.padEnd(checkWidth)}  ${printable(says)}`
  if (advice === undefined) return line
  return `${line}\n${' '.repeat(severityWidth + checkWidth + 4)}→ ${printable(advice)}`
}

function summary(problems: number, warnings: number, paint: Paint): string {
  if (problems + warnings === 0) return paint('good', 'All is well.')
  const parts = []
  if (problems > 0) parts.push(plural(problems, 'problem'))
  if (warnings > 0) parts.push(plural(warnings, 'warning'))
  return paint(problems > 0 ? 'bad' : 'warning', `${parts.join(', ')}.`)
}
