import { parse } from '@0no-co/graphql.web';
import { beforeEach, expect, test, vi } from 'vitest';
import type { Document, Graph } from '../src/graph';
import { follow, type Line, type Told } from '../src/live';

type Sink = { next(message: object): void; error(why: unknown): void; complete(): void };
interface Opened {
  after: string | null;
  sink: Sink;
}

const DOCUMENT = parse('subscription ($after: Cursor) { told(after: $after) { kind cursor at } }') as Document<{ told: Told }, { after?: string | null }>;

let opened: Opened[];
let told: string[];
let lines: Line[];
let turnedAway: string[];

/** A socket on which each test plays the server. */
function socket(): Graph {
  const subscribe = ({ variables }: { variables: { after: string | null } }, sink: Sink) => {
    opened.push({ after: variables.after, sink });
    return () => sink.complete();
  };
  const terminate = () => opened.at(-1)?.sink.error({ code: 4499 });
  return { sockets: { subscribe, terminate } } as unknown as Graph;
}

function start() {
  return follow(socket(), DOCUMENT, {}, ({ cursor }) => told.push(cursor), (line) => lines.push(line), (why) => turnedAway.push(why));
}

const last = () => opened.at(-1)!;
const says = (cursor: string, kind = 'CHANGE') => last().sink.next({ data: { told: { kind, cursor, at: '' } } });
const refuses = (code: string, extensions = {}) => last().sink.next({ errors: [{ message: code, extensions: { code, ...extensions } }] });

beforeEach(() => {
  vi.useFakeTimers();
  [opened, told, lines, turnedAway] = [[], [], [], []];
});

test('whoever loses the line comes back with the last cursor, and says so', () => {
  start();
  says('1', 'SNAPSHOT');
  says('2');
  last().sink.error({ code: 1006 });
  expect(lines.at(-1)).toMatchObject({ state: 'lost' });

  vi.advanceTimersByTime(200);
  says('3');

  expect(opened.map(({ after }) => after)).toEqual([null, '2']);
  expect(told).toEqual(['1', '2', '3']);
  expect(lines.at(-1)).toMatchObject({ state: 'live', returns: 1, gap: false });
});

test('it rests longer each time, and never gives up', () => {
  start();
  for (const pause of [200, 500, 1_000, 2_000, 5_000, 5_000]) {
    const before = opened.length;
    last().sink.error({ code: 1006 });
    vi.advanceTimersByTime(pause - 1);
    expect(opened.length).toBe(before);
    vi.advanceTimersByTime(1);
    expect(opened.length).toBe(before + 1);
  }
});

test('a silent line is lost', () => {
  start();
  says('1', 'SNAPSHOT');
  vi.advanceTimersByTime(40_000);

  expect(lines.at(-1)).toMatchObject({ state: 'lost' });
});

test('a gap is told, and stays told', () => {
  start();
  says('1', 'GAP');
  says('2', 'SNAPSHOT');

  expect(lines.at(-1)).toMatchObject({ state: 'live', gap: true });
});

test('who was too slow goes on where the server says', () => {
  start();
  says('1', 'SNAPSHOT');
  refuses('TOO_SLOW', { cursor: '9' });
  vi.advanceTimersByTime(200);

  expect(last().after).toBe('9');
});

test('a cursor of another database is thrown away, which is a gap', () => {
  start();
  says('1', 'SNAPSHOT');
  refuses('BAD_USER_INPUT');
  vi.advanceTimersByTime(200);

  expect(last().after).toBeNull();
  expect(lines.at(-1)).toMatchObject({ gap: true });
});

test('who is turned away does not knock again', () => {
  start();
  says('1', 'SNAPSHOT');
  last().sink.error({ code: 4401, reason: 'The token has ended.' });
  vi.advanceTimersByTime(60_000);

  expect(opened.length).toBe(1);
  expect(turnedAway).toEqual(['The token has ended.']);
  expect(lines.at(-1)).toMatchObject({ state: 'refused', why: 'The token has ended.' });
});

test('who stops is told nothing more', () => {
  const following = start();
  following.stop();
  last().sink.error({ code: 1006 });
  vi.advanceTimersByTime(60_000);

  expect(opened.length).toBe(1);
});
