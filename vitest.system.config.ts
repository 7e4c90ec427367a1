import { readdirSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

const conditions = ['source', 'node', 'import', 'module', 'default']

/** System tests use real processes, and what Debian packages bring; they run one file at a time. */
const project = (root: string) => ({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    name: root,
    root,
    include: ['test/system/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000
  }
})

const folders = ['packages', 'pods'].flatMap((parent) =>
  readdirSync(new URL(parent, import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${parent}/${entry.name}`)
)
folders.push('tools')

export default defineConfig({
  test: {
    passWithNoTests: false,
    fileParallelism: false,
    projects: [...folders, 'deploy'].map(project)
  }
})
