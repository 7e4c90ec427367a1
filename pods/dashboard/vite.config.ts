import { defineConfig } from 'vite'

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // The admin server sends a strict content policy: nothing inline, no data: addresses.
  build: {
    target: 'es2023',
    // The first ones that know light-dark().
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: true
  },
  server: { proxy: { '/api': process.env['ADMIN_URL'] ?? 'http://127.0.0.1:3738' } }
})
