import { defineConfig } from 'vite';

// Everything is a file of its own under our origin: the policy allows neither inline scripts nor data: URIs.
export default defineConfig({
  base: '/console/',
  build: {
    outDir: '../gateway/console/dist',
    emptyOutDir: true,
    target: ['chrome111', 'firefox115', 'safari16.4'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
