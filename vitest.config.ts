import { defineConfig } from 'vitest/config'

const conditions = ['source', 'node', 'import', 'module', 'default']

/** One project a package, so that `npm test` inside a package runs its own tests only. `typed` ones test types, too. */
const project = (name: string, root: string, typed = false) => ({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    name,
    root,
    include: ['test/**/*.test.ts'],
    exclude: ['test/system/**'],
    testTimeout: 20_000,
    ...(typed && {
      typecheck: { enabled: true, include: ['test/**/*.test-d.ts'], tsconfig: 'test/tsconfig.json' }
    })
  }
})

export default defineConfig({
  test: {
    // For `pnpm coverage`. What runs in a browser, and programs, are seen by `pnpm test:system`, which it cannot count.
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**', 'pods/*/src/**'],
      reporter: ['text-summary', 'json-summary', 'html'],
      reportsDirectory: 'coverage',
      thresholds: {
        'packages/backrpc/src/**': { lines: 96 },
        'packages/client/src/**': { lines: 90 },
        'packages/core/src/**': { lines: 93 },
        'packages/server/src/**': { lines: 89 },
        'packages/telemetry/src/**': { lines: 97 },
        'packages/testing/src/**': { lines: 88 },
        'pods/network-pod/src/**': { lines: 83 },
        'pods/network-tool/src/**': { lines: 89 }
      }
    },
    projects: [
      project('@hcengineering/network-core', 'packages/core'),
      project('@hcengineering/network-backrpc', 'packages/backrpc'),
      project('@hcengineering/network-client', 'packages/client', true),
      project('@hcengineering/network-server', 'packages/server'),
      project('@hcengineering/network-telemetry', 'packages/telemetry'),
      project('@hcengineering/network-testing', 'packages/testing'),
      project('@hcengineering/network-pod', 'pods/network-pod'),
      project('@hcengineering/network-tool', 'pods/network-tool'),
      project('@hcengineering/network-bench', 'bench'),
      project('@hcengineering/network-dashboard', 'pods/dashboard'),
      project('@hcengineering/network-chaos', 'chaos'),
      project('@hcengineering/network-sim', 'sim'),
      project('deploy', 'deploy'),
      project('@hcengineering/network-site', 'site'),
      project('tools', 'tools')
    ]
  }
})
