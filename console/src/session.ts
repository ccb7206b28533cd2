// Who looks: a role of development, whose name is remembered, or a token, which only this tab keeps.

import { signal } from '@preact/signals';
import type { Config, Role } from './config';
import { lasting, passing, recall, remember } from './memory';

const ROLE = 'kassa:role';
const TOKEN = 'kassa:token';
const STAFF = ['clerk', 'support', 'finance', 'system'];

export interface Viewer {
  label: string;
  token: string;
}

export const viewer = signal<Viewer | null>(null);
/** Why somebody is asked to sign in again. */
export const turnedAway = signal<string | null>(null);

/** The roles that the console's pages are for. */
export function staff({ roles }: Config): Role[] {
  return roles.filter(({ name }) => STAFF.includes(name));
}

/** Who looked last, or else the first whom the server offers. */
export function begin(config: Config): void {
  const roles = staff(config);
  const chosen = roles.find(({ name }) => name === recall(lasting, ROLE)) ?? roles.find(({ name }) => name === 'support') ?? roles[0];
  if (chosen) return choose(chosen); // and GraphiQL begins with the same
  const token = recall(passing, TOKEN);
  if (token) viewer.value = { label: labelOf(token), token };
}

export function choose(role: Role): void {
  remember(lasting, ROLE, role.name);
  turnedAway.value = null;
  viewer.value = role;
}

export function signIn(token: string): void {
  remember(passing, TOKEN, token);
  turnedAway.value = null;
  viewer.value = { label: labelOf(token), token };
}

export function signOut(why: string | null = null): void {
  remember(passing, TOKEN, null);
  turnedAway.value = why;
  viewer.value = null;
}

/** A name for people: what a JWT says of its bearer, which only the server can check. */
export function labelOf(token: string): string {
  try {
    const [, payload = ''] = token.split('.');
    const bytes = Uint8Array.from(atob(payload.replace(/-/g, '+').replace(/_/g, '/')), (each) => each.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes));
    return String(claims.name ?? claims.preferred_username ?? claims.email ?? claims.sub);
  } catch {
    return 'Signed in';
  }
}
