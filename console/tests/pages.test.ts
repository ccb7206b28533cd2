import { describe, expect, test } from 'vitest';
import type { LevelFragment } from '../src/graph/documents';
import { wanted } from '../src/pages/orders/finding';
import { newest } from '../src/pages/orders/rows';
import { sorted, story, summed } from '../src/pages/stock/levels';
import { merged } from '../src/versions';
import { read, to } from '../src/route';
import { labelOf } from '../src/session';
import { socketAddress } from '../src/graph';

const level = (id: string, version: number, more: object = {}) =>
  ({ id, version, onHand: 5, committed: 1, reserved: 1, unavailable: 1, free: 2, incoming: 0, location: { kind: 'STORE', name: id }, ...more }) as LevelFragment;

describe('levels', () => {
  test('a late answer does not undo what was told', () => {
    const told = merged(new Map(), [level('a', 7, { free: 9 })]);

    expect(merged(told, [level('a', 6)]).get('a')?.free).toBe(9);
  });

  test('the sums are of all places, and stores come first', () => {
    const all = merged(new Map(), [level('z', 1, { location: { kind: 'WAREHOUSE', name: 'a' } }), level('b', 1)]);

    expect(summed(all.values())).toEqual({ onHand: 10, committed: 2, reserved: 2, unavailable: 2, free: 4, incoming: 0 });
    expect(sorted(all).map(({ id }) => id)).toEqual(['b', 'z']);
  });

  test('an entry that was read and told is shown once', () => {
    const entry = (id: string) => ({ id }) as never;

    expect(story([entry('1'), entry('2')], [entry('2'), entry('3')]).map(({ id }) => id)).toEqual(['3', '2', '1']);
  });
});

test('orders are kept in their newest version, the latest first', () => {
  const rows = newest([{ id: 'a', version: 2, placedAt: '1' }], [{ id: 'a', version: 1, placedAt: '1' }, { id: 'b', version: 1, placedAt: '2' }]);

  expect(rows).toEqual([{ id: 'b', version: 1, placedAt: '2' }, { id: 'a', version: 2, placedAt: '1' }]);
});

test.each([
  ['maja@example.com', 'EMAIL'],
  ['070-123 45 67', 'PHONE'],
  ['+46 (0)70 1234567', 'PHONE'],
  ['T-11400', 'NUMBER'],
  ['K-1001', 'NUMBER'],
  ['12345', 'NUMBER'],
  ['FB7000000000', 'NUMBER'],
])('"%s" is looked for as %s', (text, kind) => {
  expect(wanted(text)?.kind).toBe(kind);
});

test('nothing is looked for where nothing was typed', () => {
  expect(wanted('  ')).toBeNull();
});

test('an address leads back to where it was made', () => {
  expect(read(to('stock', 'MUG A/B'))).toEqual({ page: 'stock', words: ['MUG A/B'] });
  expect(read('#/stock/%E0%A4%A')).toEqual({ page: 'stock', words: ['%E0%A4%A'] });
  expect(read('')).toEqual({ page: '', words: [] });
});

test('a token says who bears it, where it says anything', () => {
  const payload = btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify({ sub: '7', name: 'Åsa' }))));

  expect(labelOf(`x.${payload}.y`)).toBe('Åsa');
  expect(labelOf('kassa_live_x')).toBe('Signed in');
});

test('the socket is where the graph is', () => {
  expect(socketAddress('/graphql', 'https://shop.example/#/stock')).toBe('wss://shop.example/graphql');
  expect(socketAddress('/graphql', 'http://127.0.0.1:8000/')).toBe('ws://127.0.0.1:8000/graphql');
});
