// Small things that are shown everywhere: ages, chips, bars, lines.

import type { ComponentChildren } from 'preact';
import { now } from '../clock';
import type { FreshnessState } from '../graph/documents';
import type { Line } from '../live';
import * as say from '../say';

/** When it was so: "3 s ago", and the instant behind it. */
export function Ago({ at }: { at: string | number }) {
  return (
    <time class="ago" dateTime={new Date(at).toISOString()} title={say.moment(at)}>
      {say.ago(at, now.value)}
    </time>
  );
}

/** How old the numbers beside it are, and whether they move by themselves. */
export function Age({ line, at }: { line?: Line; at?: number | null }) {
  const heard = line?.heard ?? at ?? null;
  const state = line?.state ?? 'asked';
  const word = { live: 'live', opening: 'connecting', lost: 'not live', refused: 'not live', asked: 'asked' }[state];
  return (
    <span class="age" data-state={state}>
      <span class="dot" aria-hidden="true" />
      {word}
      {heard !== null && (
        <>
          {' · '}
          <Ago at={heard} />
        </>
      )}
    </span>
  );
}

export function Chip({ tone = 'plain', children }: { tone?: Tone; children: ComponentChildren }) {
  return (
    <span class="chip" data-tone={tone}>
      {children}
    </span>
  );
}

export type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'busy';

const TONES: Record<string, Tone> = {
  PAID: 'good', CAPTURED: 'good', DONE: 'good', SUCCEEDED: 'good', COMPLETED: 'good', DELIVERED: 'good', COLLECTED: 'good', SECURED: 'good', UP: 'good',
  PENDING: 'busy', PINNED: 'busy', AUTHORISED: 'busy', REQUESTED: 'busy', IN_PROGRESS: 'busy', PARTLY_SECURED: 'busy', PARTLY_CAPTURED: 'busy', PARTLY_PAID: 'busy',
  SHIPPED: 'busy', READY: 'busy', PACKED: 'busy', PICKING: 'busy', ACCEPTED: 'busy', PLACED: 'busy', CONFIRMED: 'busy', SOURCED: 'busy', REPLAYING: 'busy',
  UNKNOWN: 'warn', ACTION_REQUIRED: 'warn', PARTLY_REFUNDED: 'warn', REFUNDED: 'warn', PARTIAL: 'warn', OPEN: 'warn', UNSOURCED: 'warn', OVERPAID: 'warn', DEGRADED: 'warn', DISABLED: 'warn',
  DECLINED: 'bad', FAILED: 'bad', CHARGED_BACK: 'bad', DISPUTED: 'bad', LOST: 'bad', EXPIRED: 'bad', REJECTED: 'bad', DOWN: 'bad',
};

export function StateChip({ state }: { state: string }) {
  return <Chip tone={TONES[state] ?? 'plain'}>{say.word(state)}</Chip>;
}

interface Fresh {
  state: FreshnessState;
  source: string;
  asOf: string;
}

/**
 * Where a number came from and how old it is. One that is live stays so for as long as the `line` is
 * by which its changes are told.
 */
export function Freshness({ of: { state, source, asOf }, line }: { of: Fresh; line?: Line }) {
  const heard = state === 'LIVE' && line?.state === 'live' ? (line.heard ?? 0) : 0;
  const at = Math.max(Date.parse(asOf), heard);
  const tone: Tone = state === 'LIVE' ? 'good' : state === 'CACHED' ? 'plain' : 'warn';
  return (
    <span class="fresh">
      <Chip tone={tone}>{say.word(state)}</Chip> <span class="quiet">{source}, </span>
      <Ago at={at} />
    </span>
  );
}

export interface Part {
  name: string;
  value: number;
}

/** Parts of a whole, as one bar; the numbers stand beside it in words. */
export function Bar({ parts, most }: { parts: Part[]; most: number }) {
  const starts = parts.map((_, n) => parts.slice(0, n).reduce((sum, { value }) => sum + value, 0));
  const percent = (value: number) => `${most > 0 ? (100 * value) / most : 0}%`;
  return (
    <svg class="bar" aria-hidden="true">
      {parts.map(({ name, value }, n) => (
        <rect key={name} class={name} x={percent(starts[n]!)} y="0" width={percent(value)} height="100%" />
      ))}
    </svg>
  );
}

/** A line over time, the oldest value first. */
export function Spark({ values, label }: { values: number[]; label: string }) {
  const most = Math.max(1, ...values);
  const step = 100 / values.length;
  return (
    <svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" role="img" aria-label={label}>
      {values.map((value, n) => {
        const height = value === 0 ? 0.8 : Math.max(2, (24 * value) / most);
        return <rect key={n} class={value === 0 ? 'none' : 'some'} x={n * step} y={24 - height} width={step * 0.72} height={height} />;
      })}
    </svg>
  );
}

export function Panel(props: { title: string; aside?: ComponentChildren; class?: string; children: ComponentChildren }) {
  const id = `panel-${props.title.toLowerCase().replace(/\W+/g, '-')}`;
  return (
    <section class={`panel ${props.class ?? ''}`} aria-labelledby={id}>
      <div class="head">
        <h2 id={id}>{props.title}</h2>
        {props.aside}
      </div>
      {props.children}
    </section>
  );
}
