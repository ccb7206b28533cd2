// Orders as rows that change while one looks.

import { merged, type Versioned } from '../../versions';

interface Placed extends Versioned {
  placedAt?: string | null;
}

/** All of them, each in its newest version, the newest order first. */
export function newest<Row extends Placed>(known: readonly Row[], news: readonly Row[]): Row[] {
  const all = merged(new Map(known.map((row) => [row.id, row])), news);
  return [...all.values()].sort((a, b) => (b.placedAt ?? '').localeCompare(a.placedAt ?? '') || b.id.localeCompare(a.id));
}
