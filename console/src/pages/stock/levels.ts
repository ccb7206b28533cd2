// The levels of one product, and what can be said of them.

import type { EntryFragment, LevelFragment } from '../../graph/documents';

export type Levels = ReadonlyMap<string, LevelFragment>;

/** By name of the place; where goods are sold comes first. */
export function sorted(levels: Levels): LevelFragment[] {
  const rank = ({ location: { kind } }: LevelFragment) => ['STORE', 'DARK_STORE', 'WAREHOUSE'].indexOf(kind) + 1 || 9;
  return [...levels.values()].sort((a, b) => rank(a) - rank(b) || a.location.name.localeCompare(b.location.name));
}

export const TERMS = ['onHand', 'committed', 'reserved', 'unavailable', 'free', 'incoming'] as const;
export type Term = (typeof TERMS)[number];

export function summed(levels: Iterable<LevelFragment>): Record<Term, number> {
  const sums = { onHand: 0, committed: 0, reserved: 0, unavailable: 0, free: 0, incoming: 0 };
  for (const level of levels) for (const term of TERMS) sums[term] += level[term];
  return sums;
}

/** Entries in the order in which they were read or told, the newest first, each once. */
export function story(read: readonly EntryFragment[], told: readonly EntryFragment[]): EntryFragment[] {
  const byId = new Map([...read, ...told].map((entry) => [entry.id, entry]));
  return [...byId.values()].reverse();
}
