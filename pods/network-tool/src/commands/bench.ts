import type { ContainerKind, ContainerUuid } from '@hcengineering/network-core'
import type { Command } from 'commander'
import { withEcho } from '../bench/echo.ts'
import { runLoad, type LoadResult } from '../bench/load.ts'
import type { ToolContext } from '../context.ts'
import type { GlobalOptions } from '../io.ts'
import { amount, count, duration } from '../output/numbers.ts'
import { fieldList, type Cell } from '../output/table.ts'
import { UsageError } from '../usage-error.ts'
import { decimalNumber, milliseconds, parseJson, wholeNumber } from './arguments.ts'

interface BenchOptions extends GlobalOptions {
  readonly uuid?: ContainerUuid
  readonly label?: string[]
  readonly routed?: true
  readonly inFlight: number
  readonly seconds: number
  readonly warmUp: number
  readonly requests?: number
  readonly timeout: number
}

export function addBench(program: Command, context: ToolContext): void {
  program
    .command('bench')
    .summary('load a container for a while, and show rate and latencies')
    .description(
      'load a container for a while, and show rate and latencies. Without a kind it is an echo container that the ' +
        'tool itself hosts for the time'
    )
    .argument('[kind]', 'kind of the container')
    .argument('[operation]', 'what it is to do')
    .argument('[json]', 'data of each request, as JSON', parseJson)
    .option('--uuid <uuid>', 'the container of this uuid')
    .option('--label <labels...>', 'a container that bears all of these labels')
    .option('--routed', 'through the coordinator, not by a direct connection')
    .option('--in-flight <n>', 'how many requests at a time', wholeNumber('', 1, 10_000), 64)
    .option('--seconds <s>', 'for how long', decimalNumber(' of seconds', 0.1, 3600), 5)
    .option('--warm-up <s>', 'load that is not counted, before', decimalNumber(' of seconds', 0, 60), 1)
    .option('--requests <n>', 'at most so many requests', wholeNumber('', 1, 1_000_000_000))
    .option('--timeout <ms>', 'deadline of each request, in milliseconds', milliseconds, 10_000)
    .action(
      async (
        kind: string | undefined,
        operation: string | undefined,
        data: unknown,
        _: unknown,
        command: Command
      ) => {
        const options = command.optsWithGlobals<BenchOptions>()
        if (kind !== undefined && operation === undefined)
          throw new UsageError('a kind needs an operation, too')
        const result =
          kind === undefined
            ? await withEcho(context, options.network, (echo) => load(context, options, echo))
            : await load(context, options, { kind: kind as ContainerKind, operation: operation ?? '', data })
        context.show(options, result, () => describe(result, context))
      }
    )
}

/** What is asked of whom. */
interface Target {
  readonly kind: ContainerKind
  readonly operation: string
  readonly data: unknown
}

async function load(
  context: ToolContext,
  options: BenchOptions,
  { kind, operation, data }: Target
): Promise<LoadResult> {
  return await context.withClient(options.network, async (client) => {
    await using reference = await client.get(kind, {
      uuid: options.uuid,
      labels: options.label,
      timeoutMs: options.timeout
    })
    using progress = context.progress()
    const ask = { timeoutMs: options.timeout }
    const loadOptions = {
      clock: context.clock,
      inFlight: options.inFlight,
      seconds: options.seconds,
      warmUpSeconds: options.warmUp,
      requestsMax: options.requests,
      heard: (done: number, elapsedMs: number) =>
        progress.show(`${count(done)} requests in ${duration(elapsedMs)} of ${options.seconds} s`)
    }
    if (options.routed === true) {
      return await runLoad(loadOptions, () => reference.request(operation, data, ask))
    }
    await using connection = await reference.connect()
    return await runLoad(loadOptions, () => connection.request(operation, data, ask))
  })
}

function describe(result: LoadResult, { paint }: ToolContext): string {
  const failures = Object.entries(result.failures).map(([code, times]) => `${code} ${count(times)} times`)
  const { latencyMs } = result
  return fieldList(
    [
      ['requests', count(result.requests)],
      [
        'failures',
        failures.length === 0 ? { text: 'none', tone: 'good' } : { text: failures.join(', '), tone: 'bad' }
      ],
      ['in flight', count(result.inFlight)],
      ['time', duration(result.elapsedMs)],
      ['rate', { text: `${amount(result.requestsPerSecond)} /s`, tone: 'accent' }],
      ...(latencyMs === undefined
        ? []
        : ([
            ['p50', duration(latencyMs.p50)],
            ['p90', duration(latencyMs.p90)],
            ['p99', duration(latencyMs.p99)],
            ['p99.9', duration(latencyMs.p999)],
            ['longest', duration(latencyMs.max)]
          ] satisfies [string, Cell][]))
    ],
    paint
  )
}
