import type { SitePage } from './pages.ts'

/** A part of the sidebar, as Starlight takes it. */
export interface NavigationGroup {
  readonly label: string
  readonly collapsed?: boolean
  readonly items: readonly { readonly label: string; readonly slug: string }[]
}

/** Which page stands where, and what it is called there. A page that is not there yet is left out. */
const groups: readonly { readonly label: string; readonly pages: readonly (readonly [string, string])[] }[] =
  [
    {
      label: 'Begin',
      pages: [
        ['index', 'What it is'],
        ['quickstart', 'Quick start'],
        ['core-concepts', 'Core concepts'],
        ['quickstart-ha', 'Quick start: high availability'],
        ['examples', 'Examples']
      ]
    },
    {
      label: 'Guides',
      pages: [
        ['container-development', 'Container development'],
        ['streams', 'Streams'],
        ['errors-and-retries', 'Errors and retries'],
        ['multi-tenant', 'Multi-tenant services'],
        ['ha-stateless-containers', 'HA stateless containers'],
        ['testing', 'Testing'],
        ['migrating', 'Migrating']
      ]
    },
    {
      label: 'In production',
      pages: [
        ['production-deployment', 'Production deployment'],
        ['network-pod', 'network-pod'],
        ['network-tool', 'network-tool'],
        ['observability', 'Observability'],
        ['security', 'Security'],
        ['tuning', 'Performance']
      ]
    },
    {
      label: 'Reference',
      pages: [
        ['api', 'API'],
        ['errors', 'Error codes'],
        ['guarantees', 'Guarantees'],
        ['performance', 'What is measured'],
        ['changelog', 'Changelog']
      ]
    },
    {
      label: 'Behind it',
      pages: [
        ['architecture', 'Architecture'],
        ['documentation', 'Decisions and pages'],
        ['sim', 'Simulation'],
        ['chaos', 'Chaos'],
        ['bench', 'Benchmarks'],
        ['contributing', 'Contributing']
      ]
    }
  ]

/** The sidebar. Guides that no group names stand at the end of the guides, so that none is lost. */
export function navigation(pages: readonly SitePage[]): NavigationGroup[] {
  const slugs = new Set(pages.map(({ slug }) => slug))
  const named = new Set(groups.flatMap(({ pages }) => pages.map(([slug]) => slug)))
  const others = pages.filter(
    ({ slug, file }) => file.includes('/docs/') && !slug.includes('/') && !named.has(slug)
  )
  return groups.map(({ label, pages }) => {
    const items = pages.filter(([slug]) => slugs.has(slug)).map(([slug, label]) => ({ label, slug }))
    if (label === 'Guides') items.push(...others.map(({ slug }) => ({ label: titleOf(slug), slug })))
    return { label, items }
  })
}

function titleOf(slug: string): string {
  const words = slug.replaceAll('-', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
