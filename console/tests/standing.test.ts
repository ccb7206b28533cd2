import { describe, expect, test } from 'vitest';
import type { ConnectedQuery } from '../src/graph/documents';
import { MEANING, standings } from '../src/pages/channels/standing';

const adapter = (code: string, state: string) => ({ code, state }) as never;

function connected(...channels: [name: string, ...adapters: never[]][]): ConnectedQuery {
  return {
    channels: channels.map(([name, ...adapters]) => ({ id: name, code: name, name, kind: 'WEBSHOP', adapters })),
    incidents: { edges: [{ node: { id: '1', channel: { id: 'C' } } }, { node: { id: '2', channel: null } }] },
  } as ConnectedQuery;
}

describe('connected channels', () => {
  test('those that need somebody come first', () => {
    const all = standings(connected(['A', adapter('a', 'UP')], ['B', adapter('b', 'DOWN')], ['C', adapter('c', 'UP')]));

    expect(all.map(({ title, incidents }) => [title, incidents])).toEqual([['B', 0], ['C', 1], ['A', 0]]);
  });

  test('two accounts of one channel are told apart', () => {
    const all = standings(connected(['A', adapter('shop', 'UP'), adapter('money', 'UP')], ['B']));

    expect(all.map(({ title }) => title)).toEqual(['A, money', 'A, shop']);
  });

  test('each state says what it means', () => {
    expect(Object.values(MEANING).every((sentence) => sentence.endsWith('.'))).toBe(true);
  });
});
