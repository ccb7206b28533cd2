// What was taken lately, added up from the payments themselves: the graph has no sums of its own.

import type { PaymentState, TakingFragment } from '../../graph/documents';
import type { Amount } from '../../say';

export const MINUTES = 60;
export const BARS = 30;

/** Payments by id, each in its newest version. */
export type Takings = ReadonlyMap<string, TakingFragment>;

export const NONE: Takings = new Map();

/** The payments that were begun in the last hour. */
export function lately(all: Takings, now: number): TakingFragment[] {
  const since = now - MINUTES * 60_000;
  return [...all.values()].filter(({ createdAt }) => Date.parse(createdAt) > since);
}

export interface Sum extends Amount {
  payments: number;
}

/** What was taken and kept, by currency; currencies are never added. */
export function taken(payments: readonly TakingFragment[]): Sum[] {
  const sums = new Map<string, Sum>();
  for (const { captured, refunded } of payments) {
    const sum = sums.get(captured.currency) ?? { ...captured, minor: 0, payments: 0 };
    const minor = sum.minor + captured.minor - refunded.minor;
    sums.set(captured.currency, { ...sum, minor, payments: sum.payments + 1 });
  }
  return [...sums.values()].sort((a, b) => b.payments - a.payments || a.currency.localeCompare(b.currency));
}

export interface ChannelTally {
  channel: string;
  payments: number;
  sum: Sum | null;
  bars: number[];
}

/** Each of these channels, with what it took and when. */
export function byChannel(channels: readonly string[], payments: readonly TakingFragment[], now: number): ChannelTally[] {
  return channels.map((channel) => {
    const mine = payments.filter((payment) => payment.channel.id === channel);
    return { channel, payments: mine.length, sum: taken(mine)[0] ?? null, bars: bars(mine, now) };
  });
}

/** How many payments were begun in each slice of the last hour, the oldest first. */
export function bars(payments: readonly TakingFragment[], now: number): number[] {
  const slice = (MINUTES * 60_000) / BARS;
  const found = new Array<number>(BARS).fill(0);
  for (const { createdAt } of payments) {
    const place = BARS - 1 - Math.floor((now - Date.parse(createdAt)) / slice);
    const bar = Math.min(place, BARS - 1); // a clock that is ahead of ours
    if (bar >= 0) found[bar]! += 1;
  }
  return found;
}

/** How many payments stand where, the most first. */
export function byState(payments: readonly TakingFragment[]): [PaymentState, number][] {
  const counts = new Map<PaymentState, number>();
  for (const { state } of payments) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || a.localeCompare(b));
}
