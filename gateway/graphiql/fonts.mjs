// GraphiQL ships its fonts as data: URIs, which `font-src 'self'` refuses: we write them as files.
// Of each family only the upright Latin faces are kept.

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';

const FACE = /@font-face\s*\{[^}]*\}/g;
const DATA_URI = /url\(["']?data:font\/(woff2?);base64,([A-Za-z0-9+/=]+)["']?\)/;
const LATIN = /U\+0000-00FF|U\+0100-024F/i;
const NAMESPACE = 'font';

export const fontFiles = {
  name: 'font-files',
  setup(build) {
    const bytesByName = new Map();

    build.onLoad({ filter: /@graphiql[\\/]react[\\/]font[\\/].*\.css$/ }, async ({ path }) => {
      const css = await readFile(path, 'utf8');
      const faces = (css.match(FACE) ?? []).filter(isKept);
      const contents = faces.map((face, index) => moved(face, `${basename(path, '.css')}-${index}`));
      return { contents: contents.join('\n'), loader: 'css' };
    });

    build.onResolve({ filter: /^font:/ }, ({ path }) => ({
      path: path.slice(NAMESPACE.length + 1),
      namespace: NAMESPACE,
    }));

    build.onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => ({
      contents: bytesByName.get(path),
      loader: 'file',
    }));

    function moved(face, stem) {
      return face.replace(DATA_URI, (_, format, base64) => {
        const name = `${stem}.${format}`;
        bytesByName.set(name, Buffer.from(base64, 'base64'));
        return `url("${NAMESPACE}:${name}")`;
      });
    }
  },
};

function isKept(face) {
  return LATIN.test(face) && !/font-style:\s*italic/.test(face);
}
