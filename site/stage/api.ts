import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Application, LogLevel, type TypeDocOptions } from 'typedoc'

const packages = ['core', 'client', 'server', 'testing', 'telemetry', 'backrpc']

/** What must have a doc comment: everything that a package exports. */
const requiredToBeDocumented: NonNullable<TypeDocOptions['requiredToBeDocumented']> = [
  'Class',
  'Enum',
  'Function',
  'Interface',
  'TypeAlias',
  'Variable'
]

/** Writes the reference of all packages as markdown. Throws when an export has no doc comment. */
export async function writeApiReference(root: string, into: string): Promise<void> {
  const options = {
    entryPoints: packages.map((name) => join(root, `packages/${name}/src/index.ts`)),
    tsconfig: join(root, 'site/typedoc.tsconfig.json'),
    plugin: ['typedoc-plugin-markdown'],
    readme: 'none',
    name: 'API reference',
    // The compiler of this repository checks the sources; this one only reads them.
    skipErrorChecking: true,
    excludePrivate: true,
    excludeInternal: true,
    disableSources: true,
    logLevel: LogLevel.Warn,
    validation: { notDocumented: true, notExported: false, invalidLink: true, rewrittenLink: true },
    requiredToBeDocumented,
    // Of the plugin:
    entryFileName: 'index',
    hideBreadcrumbs: true,
    hidePageHeader: true,
    useCodeBlocks: true,
    outputs: [{ name: 'markdown', path: into }]
  }
  const application = await Application.bootstrapWithPlugins(options)
  const project = await application.convert()
  if (project === undefined) throw new Error('TypeDoc could not read the packages')
  for (const child of project.children ?? []) {
    const folder = packages.find((name) => child.name.includes(`${name}/src`) || child.name === name)
    if (folder === undefined) throw new Error(`TypeDoc names a module '${child.name}'`)
    const manifest = await readFile(join(root, `packages/${folder}/package.json`), 'utf8')
    child.name = (JSON.parse(manifest) as { name: string }).name.replace('@hcengineering/', '')
  }
  application.validate(project)
  if (application.logger.hasErrors() || application.logger.hasWarnings()) {
    throw new Error('the API reference has faults: see above')
  }
  await application.generateOutputs(project)
}
