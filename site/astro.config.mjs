import { readFileSync } from 'node:fs'
import starlight from '@astrojs/starlight'
import { defineConfig } from 'astro/config'
import starlightLinksValidator from 'starlight-links-validator'

/** Written by build.ts. */
const { base, sidebar } = JSON.parse(readFileSync(new URL('.tmp/site.json', import.meta.url), 'utf8'))

export default defineConfig({
  base,
  integrations: [
    starlight({
      title: 'Huly Virtual Network',
      description: 'Live service objects, found by kind and name, wherever they run.',
      sidebar,
      components: { Footer: './src/components/Footer.astro' },
      customCss: ['./src/site.css'],
      lastUpdated: false,
      pagination: false,
      plugins: [starlightLinksValidator()]
    })
  ]
})
