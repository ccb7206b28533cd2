// Bundles the page into dist/: index.html, favicon.svg and assets/ with a hash in every name.
// Workers come first, because the page has to know their names.

import { cp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { fontFiles } from './fonts.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'dist');
const PUBLIC_PATH = '/graphiql/assets/';

const WORKERS = {
  editor: 'monaco-editor/esm/vs/editor/editor.worker.js',
  graphql: 'monaco-graphql/esm/graphql.worker.js',
  json: 'monaco-editor/esm/vs/language/json/json.worker.js',
};

// GraphiQL imports Prettier's parsers by their old names, which lead to UMD files whose parsers
// cannot be taken out by name.
const PRETTIER = {
  'prettier/parser-babel': 'prettier/plugins/babel',
  'prettier/parser-graphql': 'prettier/plugins/graphql',
};

const common = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  metafile: true,
  legalComments: 'linked',
  target: ['chrome111', 'firefox115', 'safari16.4'],
  outdir: join(dist, 'assets'),
  publicPath: PUBLIC_PATH,
  entryNames: '[name]-[hash]',
  chunkNames: 'chunk-[hash]',
  assetNames: '[name]-[hash]',
  logLevel: 'warning',
};

await rm(dist, { recursive: true, force: true });
const workers = await bundleWorkers();
const page = await bundlePage(workers);
await cp(join(here, 'src/favicon.svg'), join(dist, 'favicon.svg'));
// Last: the server takes its presence for a finished build.
await writeFile(join(dist, 'index.html'), await html(page));

async function bundleWorkers() {
  const entries = Object.entries(WORKERS).map(([name, path]) => ({ in: path, out: `${name}.worker` }));
  const result = await build({ ...common, entryPoints: entries, format: 'iife' });
  return Object.fromEntries(
    Object.keys(WORKERS).map((name) => [name, PUBLIC_PATH + output(result, `${name}.worker-`, '.js')]),
  );
}

async function bundlePage(workers) {
  const result = await build({
    ...common,
    entryPoints: [{ in: 'src/main.jsx', out: 'page' }],
    format: 'esm',
    splitting: true,
    jsx: 'automatic',
    loader: { '.ttf': 'file' },
    alias: PRETTIER,
    define: { 'process.env.NODE_ENV': '"production"', WORKER_URLS: JSON.stringify(workers) },
    plugins: [fontFiles],
  });
  const style = output(result, 'page-', '.css');
  await dropStylesBut(style);
  return { script: output(result, 'page-', '.js'), style };
}

// Chunks loaded later carry a second copy of Monaco's style sheet, which nothing links to.
async function dropStylesBut(kept) {
  const names = await readdir(common.outdir);
  const unused = names.filter((name) => name.endsWith('.css') && name !== kept);
  await Promise.all(unused.map((name) => rm(join(common.outdir, name))));
}

function output(result, start, end) {
  const names = Object.keys(result.metafile.outputs).map((path) => basename(path));
  return names.find((name) => name.startsWith(start) && name.endsWith(end));
}

async function html({ script, style }) {
  const template = await readFile(join(here, 'src/index.html'), 'utf8');
  return template
    .replace('{{script}}', PUBLIC_PATH + script)
    .replace('{{style}}', PUBLIC_PATH + style);
}
