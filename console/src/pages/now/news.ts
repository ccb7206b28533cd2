// What just happened, as the journal tells it.

export interface News {
  id: string;
  at: string;
  summary: string;
  about: string;
}

export const MOST = 30;

/** The newest first, each once. */
export function told(known: readonly News[], fresh: readonly News[]): News[] {
  const ids = new Set(known.map(({ id }) => id));
  const added = fresh.filter(({ id }) => !ids.has(id));
  return [...added.reverse(), ...known].slice(0, MOST);
}
