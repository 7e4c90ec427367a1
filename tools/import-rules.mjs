/**
 * Who may import whom: the rules of `pnpm check:imports`. Paths are those that an import resolves to; an
 * import of a package by its name resolves to its sources.
 */

/** A package, or a folder that stands on the packages; what it is called is `$1`. */
const unit = '^((?:packages|pods)/[^/]+|deploy/agent|deploy/test|examples|sim|chaos|bench|site|tools)/'

const core = '^packages/core/src/'
const backrpc = '^packages/backrpc/src/'
const transport = `${backrpc}transport/`
const publicApi = (/** @type {string} */ names) => `^packages/(${names})/src/index\\.ts$`

/** The state machines of the core, for the simulation's mutants. */
const machines = `${core}machines\\.ts$`

const zeromq = '(^|/)node_modules/zeromq/'
const codec = '(^|/)node_modules/cbor-x/'
const openTelemetry = '(^|/)node_modules/@opentelemetry/'
const openTelemetryApi = `${openTelemetry}(api|semantic-conventions)/`

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const forbidden = [
  {
    name: 'core-imports-nothing-outside-itself',
    severity: 'error',
    from: { path: core },
    to: { pathNot: core }
  },
  {
    name: 'core-api-imports-only-types-of-contract-and-time',
    comment: 'api imports itself, and types of contract and time',
    severity: 'error',
    from: { path: `${core}api/` },
    to: { path: core, pathNot: `${core}(api|contract|time)/` }
  },
  {
    name: 'core-api-imports-contract-and-time-as-types-only',
    severity: 'error',
    from: { path: `${core}api/` },
    to: { path: `${core}(contract|time)/`, dependencyTypesNot: ['type-only'] }
  },
  {
    name: 'core-contract-and-time-know-no-state-machine',
    severity: 'error',
    from: { path: `${core}(contract|time)/` },
    to: { path: `${core}(coordinator|agent)/` }
  },
  {
    name: 'core-coordinator-and-agent-are-strangers',
    severity: 'error',
    from: { path: `${core}(coordinator|agent)/` },
    to: { path: `${core}(coordinator|agent)/`, pathNot: `${core}$1/` }
  },
  {
    name: 'core-service-knows-no-state-machine',
    comment: 'of agents only what a factory is, as a type',
    severity: 'error',
    from: { path: `${core}service/` },
    to: { path: `${core}(coordinator|agent)/`, dependencyTypesNot: ['type-only'] }
  },
  {
    name: 'nothing-else-of-the-core-knows-services',
    comment: 'a declared service is a container like any other',
    severity: 'error',
    from: { path: core, pathNot: [`${core}service/`, `${core}index\\.ts$`] },
    to: { path: `${core}service/` }
  },
  {
    name: 'backrpc-above-transport-imports-only-the-codec',
    severity: 'error',
    from: { path: backrpc, pathNot: transport },
    to: { pathNot: [backrpc, codec] }
  },
  {
    name: 'backrpc-transports-import-only-zeromq-the-codec-and-node',
    severity: 'error',
    from: { path: transport },
    to: { pathNot: [backrpc, codec, zeromq], dependencyTypesNot: ['core'] }
  },
  {
    name: 'only-the-zeromq-transport-imports-zeromq',
    comment: 'its tests may speak raw ZeroMQ to it, and bench measures its floor',
    severity: 'error',
    from: { pathNot: [`${transport}zeromq/`, '^packages/backrpc/test/', '^bench/'] },
    to: { path: zeromq }
  },
  {
    name: 'above-transport-nothing-knows-zeromq',
    comment: 'the package index alone may hand the transport out',
    severity: 'error',
    from: { path: backrpc, pathNot: [transport, `${backrpc}index\\.ts$`] },
    to: { path: `${transport}zeromq/` }
  },
  {
    name: 'client-and-server-import-core-and-backrpc-only',
    severity: 'error',
    from: { path: '^packages/(client|server)/src/' },
    to: { pathNot: ['^packages/$1/src/', publicApi('core|backrpc')], dependencyTypesNot: ['core'] }
  },
  {
    name: 'telemetry-imports-the-libraries-and-the-api-of-opentelemetry-only',
    comment: 'an application brings the SDK, if it wants one',
    severity: 'error',
    from: { path: '^packages/telemetry/src/' },
    to: {
      pathNot: ['^packages/telemetry/src/', publicApi('core|client|server'), openTelemetryApi],
      dependencyTypesNot: ['core']
    }
  },
  {
    name: 'only-telemetry-imports-opentelemetry',
    comment: 'the pod exports what it gives, and bench measures what it costs',
    severity: 'error',
    from: { pathNot: ['^packages/telemetry/', '^pods/network-pod/', '^bench/', '(^|/)node_modules/'] },
    to: { path: openTelemetry }
  },
  {
    name: 'testing-imports-the-other-packages-only',
    comment: 'but for the fixture of Vitest',
    severity: 'error',
    from: { path: '^packages/testing/src/', pathNot: '^packages/testing/src/vitest[.]ts$' },
    to: {
      pathNot: ['^packages/testing/src/', publicApi('core|backrpc|client|server')],
      dependencyTypesNot: ['core']
    }
  },
  {
    name: 'nothing-imports-what-stands-on-the-packages',
    severity: 'error',
    from: { path: unit, pathNot: ['^chaos/', '^pods/network-tool/', '^pods/dashboard/'] },
    to: { path: '^(pods|examples|sim|chaos|bench|site|tools)/', pathNot: '^$1/' }
  },
  {
    name: 'the-tool-takes-only-types-of-the-pod',
    comment: 'the answers of the admin API are described where they are made; its tests may start a pod',
    severity: 'error',
    from: { path: '^pods/network-tool/src/' },
    to: { path: '^pods/network-pod/', dependencyTypesNot: ['type-only'] }
  },
  {
    name: 'the-tool-imports-the-pod-and-nothing-else-that-stands-on-the-packages',
    severity: 'error',
    from: { path: '^pods/network-tool/' },
    to: {
      path: '^(pods|examples|sim|chaos|bench|tools)/',
      pathNot: ['^pods/network-tool/', '^pods/network-pod/src/index\\.ts$']
    }
  },
  {
    name: 'chaos-imports-the-pod-and-nothing-else-that-stands-on-the-packages',
    comment: 'it starts the pod with a transport that the program of the pod does not offer',
    severity: 'error',
    from: { path: '^chaos/' },
    to: { path: '^(pods|examples|sim|bench|site|tools)/', pathNot: '^pods/network-pod/src/index\\.ts$' }
  },
  {
    name: 'the-dashboard-imports-the-types-of-the-admin-api-and-nothing-else-that-stands-on-the-packages',
    severity: 'error',
    from: { path: '^pods/dashboard/' },
    to: {
      path: '^(pods|examples|sim|chaos|bench|tools)/',
      pathNot: ['^pods/dashboard/', '^pods/network-pod/src/admin/views\\.ts$']
    }
  },
  {
    name: 'the-pages-of-the-dashboard-run-in-a-browser',
    comment: 'they know no module of Node.js',
    severity: 'error',
    from: { path: '^pods/dashboard/src/' },
    to: { dependencyTypes: ['core'] }
  },
  {
    name: 'no-relative-import-leaves-its-package',
    comment: 'import another package by its name',
    severity: 'error',
    from: { path: unit },
    to: { pathNot: '^$1/', dependencyTypes: ['local'] }
  },
  {
    name: 'only-the-public-api-of-a-package-is-imported',
    severity: 'error',
    from: { path: unit },
    to: { path: '^packages/', pathNot: ['^$1/', '^packages/[^/]+/src/index\\.ts$', machines] }
  },
  {
    name: 'only-mutants-reach-the-pure-machines',
    comment: 'the simulation puts its faults into them; whoever else wants one uses what the package gives',
    severity: 'error',
    from: { pathNot: ['^sim/src/mutants/', core] },
    to: { path: machines }
  },
  {
    name: 'the-model-of-the-simulation-shares-no-code-with-what-it-checks',
    severity: 'error',
    from: { path: '^sim/src/model/' },
    to: { pathNot: '^sim/src/model/', dependencyTypesNot: ['type-only'] }
  },
  {
    name: 'every-import-resolves',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true }
  }
]

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden,
  options: {
    parser: 'tsc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: '(^|/)node_modules/' },
    exclude: {
      path: '^((packages|pods)/[^/]+/dist|bench/dist|coverage|site/(src|dist|\\.tmp|\\.astro)|\\.tmp)/'
    },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.json']
    }
  }
}
