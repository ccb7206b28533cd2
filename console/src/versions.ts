// Things that change while one looks: late answers and repeated events do no harm.

export interface Versioned {
  id: string;
  version: number;
}

/** All of them by id, each in its newest version, whatever order they come in. */
export function merged<Thing extends Versioned>(known: ReadonlyMap<string, Thing>, news: Iterable<Thing>): Map<string, Thing> {
  const all = new Map(known);
  for (const thing of news) {
    const before = all.get(thing.id);
    if (!before || before.version <= thing.version) all.set(thing.id, thing);
  }
  return all;
}
