import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { navigation } from '../stage/navigation.ts'
import { PageImages } from '../stage/page-images.ts'
import { slugOfApiPage, slugOfDocument } from '../stage/pages.ts'
import { SourcePages } from '../stage/source-pages.ts'
import { stagePage } from '../stage/stage-page.ts'

const fence = '```'
let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'site-'))
  await mkdir(join(root, 'docs/decisions'), { recursive: true })
  await writeFile(join(root, 'hello.ts'), 'export const hello = 1\n')
})

afterEach(() => rm(root, { recursive: true, force: true }))

/** The page docs/GUIDE.md with this text, as the site gets it. */
function stage(text: string, sources = new SourcePages(root)): Promise<string> {
  const file = join(root, 'docs/GUIDE.md')
  const slugs = new Map([
    [file, 'guide'],
    [join(root, 'README.md'), 'index'],
    [join(root, 'docs/decisions/0001-codec.md'), 'decisions/0001-codec']
  ])
  return stagePage(
    { file, slug: 'guide', text },
    {
      slugs,
      sources,
      images: new PageImages('/net/'),
      base: '/net/'
    }
  )
}

describe('a page of the site', () => {
  it('has the first heading as its title', async () => {
    expect(await stage('# The `whole` "thing"\n\nText.\n')).toBe(
      '---\ntitle: "The whole \\"thing\\""\nslug: "guide"\n---\n\n\nText.\n'
    )
  })

  it('leads to other pages of the site', async () => {
    const text =
      '[up](../README.md#top), [why](decisions/0001-codec.md), [here](#part), [out](https://x.org/a.md)'
    expect(await stage(`# A\n\n${text}\n`)).toContain(
      '[up](/net/#top), [why](/net/decisions/0001-codec/), [here](#part), [out](https://x.org/a.md)'
    )
  })

  it('shows pictures from where the site has them', async () => {
    expect(await stage('# A\n\n![how it looks](images/page.png)\n')).toContain(
      '![how it looks](/net/images/page.png)'
    )
  })

  it('leads to a page that shows the file, and to none for a folder', async () => {
    const sources = new SourcePages(root)
    const text = await stage('# A\n\n[code](../hello.ts), [all of them](decisions)\n', sources)
    expect(text).toContain('[code](/net/source/hello-ts/), all of them')
    expect(await sources.pages()).toStrictEqual([
      { slug: 'source/hello-ts', text: expect.stringContaining('````````ts\nexport const hello = 1\n') }
    ])
  })

  it('does not take a link that leads nowhere', async () => {
    await expect(stage('# A\n\n[gone](gone.md)\n')).rejects.toThrow('link gone.md leads nowhere')
  })

  it('leaves code alone, and hands pictures to the browser', async () => {
    const text = await stage(
      `# A\n\n\`[a](b.md)\`\n\n${fence}md\n[a](b.md)\n${fence}\n\n${fence}mermaid\na["x<br/>y"] --> b\n${fence}\n`
    )
    expect(text).toContain('`[a](b.md)`')
    expect(text).toContain(`${fence}md\n[a](b.md)\n${fence}`)
    expect(text).toContain('<pre class="mermaid">\na["x&lt;br/>y"] --> b\n</pre>')
  })
})

describe('the places of pages', () => {
  it('are those of their names', () => {
    const paths = [
      'README.md',
      'docs/QUICKSTART_HA.md',
      'docs/decisions/0001-codec.md',
      'pods/network-pod/README.md'
    ]
    expect(paths.map(slugOfDocument)).toStrictEqual([
      'index',
      'quickstart-ha',
      'decisions/0001-codec',
      'network-pod'
    ])
    expect(['index.md', 'core/index.md', 'core/classes/AgentImpl.md'].map(slugOfApiPage)).toStrictEqual([
      'api',
      'api/core',
      'api/core/classes/agentimpl'
    ])
  })

  it('are in the sidebar, also those that no group names', () => {
    const pages = ['quickstart', 'streams', 'brand-new'].map((slug) => ({
      file: `/x/docs/${slug}`,
      slug,
      text: ''
    }))
    expect(navigation(pages).slice(0, 2)).toStrictEqual([
      { label: 'Begin', items: [{ label: 'Quick start', slug: 'quickstart' }] },
      {
        label: 'Guides',
        items: [
          { label: 'Streams', slug: 'streams' },
          { label: 'Brand new', slug: 'brand-new' }
        ]
      }
    ])
  })
})
