import { draw } from './src/script/draw.ts'
import { runScript } from './src/run/run-script.ts'
const n = Number(process.argv[2] ?? 1), count = Number(process.argv[3] ?? 1)
for (let seed = n; seed < n + count; seed++) {
  const t = process.cpuUsage()
  const script = draw(seed)
  const line = process.argv[4] ? (l: string) => console.log(l) : undefined
  const o = await runScript(script, { line })
  const c = process.cpuUsage(t)
  console.log(seed, o.mode, o.hash, Math.round(o.virtualMs), 'events', o.events, 'deliv', o.deliveries, 'faults', Object.values(o.faults).reduce((a, b) => a + b, 0), 'ok', o.succeeded, 'failed', o.failed, 'cpu', Math.round((c.user + c.system) / 1000), 'violations', o.violations.length)
  for (const v of o.violations.slice(0, 6)) console.log('   ', v.invariant, Math.round(v.at), v.text)
}
