// What somebody typed into the one field for everything: an address, a telephone, or a number.

import type { IdentityKind } from '../../graph/documents';

export type Wanted = { kind: Extract<IdentityKind, 'EMAIL' | 'PHONE' | 'LOYALTY_NO'>; value: string } | { kind: 'NUMBER'; value: string };

export function wanted(text: string): Wanted | null {
  const value = text.trim();
  if (!value) return null;
  if (value.includes('@')) return { kind: 'EMAIL', value };
  if (/^\+?[\d\s()/.-]+$/.test(value) && value.replace(/\D/g, '').length >= 7) return { kind: 'PHONE', value };
  return { kind: 'NUMBER', value };
}
