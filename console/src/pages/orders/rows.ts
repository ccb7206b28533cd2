// Orders as rows that change while one looks.

export interface Versioned {
  id: string;
  version: number;
  placedAt?: string | null;
}

/** All of them, each in its newest version, the newest order first. */
export function newest<Row extends Versioned>(known: readonly Row[], news: readonly Row[]): Row[] {
  const all = new Map(known.map((row) => [row.id, row]));
  for (const row of news) if ((all.get(row.id)?.version ?? -1) <= row.version) all.set(row.id, row);
  return [...all.values()].sort((a, b) => (b.placedAt ?? '').localeCompare(a.placedAt ?? '') || b.id.localeCompare(a.id));
}
