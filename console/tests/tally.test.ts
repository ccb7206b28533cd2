import { describe, expect, test } from 'vitest';
import type { TakingFragment } from '../src/graph/documents';
import { told } from '../src/pages/now/news';
import { bars, byChannel, byState, lately, NONE, taken } from '../src/pages/now/tally';
import { merged } from '../src/versions';

const NOW = Date.parse('2026-03-01T12:00:00Z');

function payment(id: string, more: Partial<TakingFragment> & { minor?: number; minutes?: number; currency?: string } = {}): TakingFragment {
  const { minor = 1000, minutes = 1, currency = 'SEK', ...rest } = more;
  const money = { minor, currency, exponent: 2 };
  return {
    id,
    version: 1,
    createdAt: new Date(NOW - minutes * 60_000).toISOString(),
    state: 'CAPTURED',
    tender: 'CARD',
    provider: 'stripe',
    channel: { id: 'web' },
    captured: money,
    refunded: { ...money, minor: 0 },
    ...rest,
  };
}

describe('what was taken', () => {
  test('is summed by currency, less what was given back', () => {
    const refunded = { minor: 300, currency: 'SEK', exponent: 2 };

    const sums = taken([payment('a'), payment('b', { refunded }), payment('c', { currency: 'EUR', minor: 5 })]);

    expect(sums).toEqual([
      { minor: 1700, currency: 'SEK', exponent: 2, payments: 2 },
      { minor: 5, currency: 'EUR', exponent: 2, payments: 1 },
    ]);
  });

  test('is of the last hour', () => {
    const all = merged(NONE, [payment('old', { minutes: 61 }), payment('new', { minutes: 59 })]);

    expect(lately(all, NOW).map(({ id }) => id)).toEqual(['new']);
  });

  test('does not depend on the order in which versions come', () => {
    const [old, young] = [payment('a', { version: 1, state: 'PENDING' }), payment('a', { version: 2 })];

    for (const news of [[old, young], [young, old]]) {
      expect(merged(NONE, news).get('a')?.state).toBe('CAPTURED');
    }
  });

  test('is told of channels that took nothing, too', () => {
    const [web, till] = byChannel(['web', 'till'], [payment('a')], NOW);

    expect([web?.payments, web?.sum?.minor, till?.payments, till?.sum]).toEqual([1, 1000, 0, null]);
  });

  test('is drawn in slices, the oldest first, and a fast clock falls into the last', () => {
    const drawn = bars([payment('a', { minutes: 59 }), payment('b', { minutes: 0.5 }), payment('c', { minutes: -3 })], NOW);

    expect([drawn.length, drawn[0], drawn.at(-1)]).toEqual([30, 1, 2]);
  });

  test('is counted by state, the most first', () => {
    expect(byState([payment('a', { state: 'PENDING' }), payment('b'), payment('c')])).toEqual([
      ['CAPTURED', 2],
      ['PENDING', 1],
    ]);
  });
});

test('news are told once, the newest first', () => {
  const entry = (id: string) => ({ id, at: '', summary: id, about: '' });

  const known = told(told([], [entry('1'), entry('2')]), [entry('2'), entry('3')]);

  expect(known.map(({ id }) => id)).toEqual(['3', '2', '1']);
});
