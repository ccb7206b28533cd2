// Where the reader is: `#/stock/MUG-FJORD-MOSS` is the page `stock` with one word behind it.

import { signal } from '@preact/signals';

export interface Route {
  page: string;
  words: string[];
}

export const route = signal<Route>(read(location.hash));

addEventListener('hashchange', () => {
  route.value = read(location.hash);
});

export function read(hash: string): Route {
  const [page = '', ...words] = hash.replace(/^#\/?/, '').split('/').map(decoded);
  return { page, words: words.filter(Boolean) };
}

export function to(page: string, ...words: string[]): string {
  return `#/${[page, ...words].map(encodeURIComponent).join('/')}`;
}

export function go(page: string, ...words: string[]): void {
  location.hash = to(page, ...words);
}

function decoded(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}
