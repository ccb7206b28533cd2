// Numbers, money, times and words, by the habits of the reader's locale.

export interface Amount {
  minor: number;
  currency: string;
  exponent: number;
}

const locale = () => navigator.language;
const made = new Map<string, unknown>();

function kept<T>(key: string, make: () => T): T {
  if (!made.has(key)) made.set(key, make());
  return made.get(key) as T;
}

export function money({ minor, currency, exponent }: Amount, whole = false): string {
  const digits = whole ? 0 : exponent;
  const form = kept(`money ${currency} ${digits} ${locale()}`, () => {
    const options = { style: 'currency', currency, minimumFractionDigits: digits, maximumFractionDigits: digits } as const;
    return new Intl.NumberFormat(locale(), options);
  });
  return form.format(minor / 10 ** exponent);
}

export function count(value: number): string {
  return kept(`count ${locale()}`, () => new Intl.NumberFormat(locale())).format(value);
}

export function time(at: string | number): string {
  return kept(`time ${locale()}`, () => new Intl.DateTimeFormat(locale(), { timeStyle: 'medium' })).format(new Date(at));
}

export function moment(at: string | number): string {
  const form = () => new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'short' });
  return kept(`moment ${locale()}`, form).format(new Date(at));
}

export function day(at: string | number): string {
  return kept(`day ${locale()}`, () => new Intl.DateTimeFormat(locale(), { dateStyle: 'medium' })).format(new Date(at));
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

/** How long ago, in one unit: "12 sec. ago". */
export function ago(at: string | number, now: number): string {
  const seconds = Math.max(0, Math.round((now - new Date(at).getTime()) / 1_000));
  const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? ['second', 1];
  const form = () => new Intl.RelativeTimeFormat(locale(), { numeric: 'always', style: 'short' });
  return kept(`ago ${locale()}`, form).format(-Math.floor(seconds / size), unit);
}

/** Time left as a clock shows it: 14:59, or 1:02:03. */
export function left(until: string | number, now: number): string {
  const seconds = Math.max(0, Math.floor((new Date(until).getTime() - now) / 1_000));
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, n) => (n === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}

/** A word of the graph as a person reads it: PARTLY_REFUNDED becomes "partly refunded". */
export function word(name: string): string {
  return name.toLowerCase().replaceAll('_', ' ');
}

/** What somebody typed as minor units; null if it is no amount. Takes "12,50" and "12.50". */
export function minorOf(text: string, exponent: number): number | null {
  const found = /^(\d{1,12})(?:[.,](\d+))?$/.exec(text.trim().replace(/[\s ]/g, ''));
  if (!found) return null;
  const [, units = '', decimals = ''] = found;
  if (decimals.length > exponent) return null;
  return Number(units + decimals.padEnd(exponent, '0'));
}

/** An amount as it is typed: "12.50". */
export function typed({ minor, exponent }: Amount): string {
  return (minor / 10 ** exponent).toFixed(exponent);
}
