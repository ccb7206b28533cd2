import { describe, expect, test } from 'vitest';
import * as say from '../src/say';

const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');

describe('money', () => {
  test.each([
    [{ minor: 123456, currency: 'SEK', exponent: 2 }, '1 234,56 kr'],
    [{ minor: 500, currency: 'JPY', exponent: 0 }, '500 JPY'],
    [{ minor: 1234, currency: 'BHD', exponent: 3 }, '1,234 BHD'],
  ])('%o is shown by locale', (amount, shown) => {
    expect(plain(say.money(amount))).toBe(shown);
  });

  test.each([
    ['12', 2, 1200],
    ['12,5', 2, 1250],
    ['12.50', 2, 1250],
    ['1 234,56', 2, 123456],
    ['500', 0, 500],
    ['12.505', 2, null],
    ['5,5', 0, null],
    ['-5', 2, null],
    ['1e9', 2, null],
    ['', 2, null],
  ])('"%s" with %i decimals is read as %s', (text, exponent, minor) => {
    expect(say.minorOf(text, exponent)).toBe(minor);
  });

  test('what is typed is what was shown to be typed', () => {
    const amount = { minor: 905, currency: 'EUR', exponent: 2 };

    expect(say.minorOf(say.typed(amount), 2)).toBe(905);
  });
});

describe('times', () => {
  const now = Date.parse('2026-03-01T12:00:00Z');

  test.each([
    ['2026-03-01T11:59:58Z', /^för 2 s/],
    ['2026-03-01T11:00:00Z', /^för 1 tim/],
    ['2026-02-27T12:00:00Z', /^för 2 d/],
    ['2026-03-01T12:00:05Z', /^för 0 s/], // by a clock that is ahead of ours
  ])('%s was %s', (at, shown) => {
    expect(plain(say.ago(at, now))).toMatch(shown);
  });

  test.each([
    ['2026-03-01T12:14:59Z', '14:59'],
    ['2026-03-01T13:02:03Z', '1:02:03'],
    ['2026-03-01T12:00:01.900Z', '0:01'],
    ['2026-03-01T11:00:00Z', '0:00'],
  ])('until %s there is %s', (until, shown) => {
    expect(say.left(until, now)).toBe(shown);
  });
});
