// Following a subscription: whatever happens to the connection, nothing is missed, or it is said.

import { computed, signal } from '@preact/signals';
import { print } from '@0no-co/graphql.web';
import { CloseCode } from 'graphql-ws';
import type { Document, Graph } from './graph';

/** Milliseconds to rest before each try to come back; the last again and again. */
const PAUSES = [200, 500, 1_000, 2_000, 5_000];
/** Longer than two heartbeats: a server that says nothing for so long is gone. */
const SILENCE = 40_000;
/** Closed with one of these, a socket would be closed again. */
const FATAL = new Set<number>([CloseCode.BadRequest, CloseCode.Unauthorized, CloseCode.Forbidden, CloseCode.SubprotocolNotAcceptable]);
/** Errors that may be gone in a moment. */
const PASSING = new Set(['UNAVAILABLE', 'TOO_SLOW', 'INTERNAL_SERVER_ERROR', 'OVERLOADED', 'RATE_LIMITED']);

export interface Told {
  kind: 'SNAPSHOT' | 'CHANGE' | 'HEARTBEAT' | 'GAP';
  cursor: string;
  at: string;
}

export type State = 'opening' | 'live' | 'lost' | 'refused';

export interface Line {
  state: State;
  /** When the server last said anything, heartbeats included; milliseconds since the epoch. */
  heard: number | null;
  /** How often it was lost and came back. */
  returns: number;
  /** Was something missed, ever? */
  gap: boolean;
  why: string | null;
}

export const SILENT: Line = { state: 'opening', heard: null, returns: 0, gap: false, why: null };

/** All lines that are open, by a name of their own. */
export const lines = signal<ReadonlyMap<symbol, Line>>(new Map());

/** How often any line came back: whatever failed meanwhile may be asked again. */
export const comebacks = signal(0);

/** The line that is worst off speaks for all. */
export const whole = computed<Line>(() => {
  const worst: State[] = ['refused', 'lost', 'opening', 'live'];
  const all = [...lines.value.values()];
  const state = worst.find((each) => all.some((line) => line.state === each)) ?? 'opening';
  const speaks = all.find((line) => line.state === state) ?? SILENT;
  const heard = all.map((line) => line.heard ?? 0);
  return {
    ...speaks,
    heard: heard.length > 0 ? Math.max(...heard) || null : null,
    returns: Math.max(0, ...all.map((line) => line.returns)),
    gap: all.some((line) => line.gap),
  };
});

interface Message<Event> {
  data?: Record<string, Event> | null;
  errors?: readonly Problem[];
}

interface Problem {
  message: string;
  extensions?: Record<string, unknown>;
}

export interface Following {
  stop(): void;
}

/**
 * Tell of each event, from how things are now on. `turnedAway` hears that the credentials are no
 * good any more; `changed` hears how the line is.
 */
export function follow<Data extends object, Variables extends { after?: string | null | undefined }>(
  graph: Graph,
  document: Document<Data, Variables>,
  variables: Omit<Variables, 'after'>,
  tell: (event: Data[keyof Data] & Told) => void,
  changed: (line: Line) => void = () => {},
  turnedAway: (why: string) => void = () => {},
): Following {
  const query = print(document);
  let after: string | null = null;
  let line = SILENT;
  let tries = 0;
  let leave = () => {};
  let rest: ReturnType<typeof setTimeout> | undefined;
  let watchdog: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;

  open();
  addEventListener('online', hurry);
  return { stop };

  function open() {
    let isDone = false;
    const end = (why: unknown) => {
      if (isDone || isOver) return;
      isDone = true;
      lost(why);
    };
    wait();
    leave = graph.sockets.subscribe<Message<Event>['data'] & object>(
      { query, variables: { ...variables, after } },
      {
        next: (message) => hear(message as Message<Event>, end),
        error: end,
        complete: () => end(null),
      },
    );
  }

  type Event = Data[keyof Data] & Told;

  function hear({ data, errors }: Message<Event>, end: (why: unknown) => void) {
    const event = data && Object.values(data)[0];
    if (!event) {
      end(errors ?? null);
      leave();
      return;
    }
    wait();
    after = event.cursor;
    tries = 0;
    const isBack = line.state === 'lost';
    const returns = line.returns + (isBack ? 1 : 0);
    if (isBack) comebacks.value += 1;
    update({ state: 'live', heard: Date.now(), returns, gap: line.gap || event.kind === 'GAP', why: null });
    tell(event);
  }

  function lost(why: unknown) {
    clearTimeout(watchdog);
    const [problem] = Array.isArray(why) ? (why as Problem[]) : [];
    const code = problem?.extensions?.['code'];
    if (typeof problem?.extensions?.['cursor'] === 'string') after = problem.extensions['cursor'];
    if (code === 'BAD_USER_INPUT' && after !== null) {
      // The cursor is of another database, such as a demo shop that was made anew.
      after = null;
      update({ ...line, gap: true });
    } else if (isFatal(why) || (problem && !PASSING.has(String(code)))) {
      const reason = problem?.message ?? (why as CloseEvent).reason ?? 'refused';
      update({ ...line, state: 'refused', why: reason });
      if ((why as CloseEvent).code === CloseCode.Unauthorized || code === 'UNAUTHENTICATED') turnedAway(reason);
      return;
    }
    update({ ...line, state: line.heard === null ? 'opening' : 'lost', why: problem?.message ?? 'not connected' });
    rest = setTimeout(open, PAUSES[Math.min(tries, PAUSES.length - 1)]);
    tries += 1;
  }

  function hurry() {
    if (line.state !== 'lost') return;
    clearTimeout(rest);
    open();
  }

  function wait() {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => graph.sockets.terminate(), SILENCE);
  }

  function update(now: Line) {
    line = now;
    changed(line);
  }

  function stop() {
    isOver = true;
    removeEventListener('online', hurry);
    clearTimeout(rest);
    clearTimeout(watchdog);
    leave();
  }
}

function isFatal(why: unknown): boolean {
  return why !== null && typeof why === 'object' && 'code' in why && FATAL.has(Number((why as CloseEvent).code));
}
