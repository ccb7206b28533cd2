// Writes src/graph/documents.ts: the documents in src/**/*.graphql, typed by the schema's snapshot.

import { readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codegen } from '@graphql-codegen/core';
import * as typedDocuments from '@graphql-codegen/typed-document-node';
import * as operations from '@graphql-codegen/typescript-operations';
import { buildASTSchema, parse, printSchema, validate } from 'graphql';

const here = dirname(fileURLToPath(import.meta.url));
const filename = join(here, 'src/graph/documents.ts');
const snapshot = process.env.KASSA_SDL ?? join(here, '../schema/sdl/unified.graphql');

// Directives of federation are declared nowhere in the snapshot.
const schema = buildASTSchema(parse(await readFile(snapshot, 'utf8')), { assumeValidSDL: true });
const documents = await Promise.all((await files()).map(read));
const wrong = validate(schema, { kind: 'Document', definitions: documents.flatMap(({ document }) => document.definitions) });
if (wrong.length > 0) {
  throw new Error(wrong.map(String).join('\n\n'));
}

const config = {
  scalars: { Cursor: 'string', DateTime: 'string', Currency: 'string', Country: 'string', Minor: 'number', Milliseconds: 'number', ID: 'string' },
  useTypeImports: true,
  enumsAsTypes: true,
  skipTypename: true,
};
const written = await codegen({
  filename,
  schema: parse(printSchema(schema)),
  documents,
  config,
  plugins: [{ operations: {} }, { typedDocuments: {} }],
  pluginMap: { operations, typedDocuments },
});
await writeFile(filename, `// Written by types.mjs.\n${written}`);

async function files() {
  const names = await readdir(join(here, 'src'), { recursive: true });
  return names.filter((name) => name.endsWith('.graphql')).sort();
}

async function read(name) {
  const location = join(here, 'src', name);
  return { location, document: parse(await readFile(location, 'utf8')) };
}
