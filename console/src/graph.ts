// Asking the graph: queries and mutations over HTTP, subscriptions over one WebSocket.

import { Client, type CombinedError, fetchExchange, type TypedDocumentNode } from '@urql/core';
import { createClient, type Client as Sockets } from 'graphql-ws';

export type Document<Data, Variables> = TypedDocumentNode<Data, Variables>;

export class Refused extends Error {
  constructor(
    message: string,
    readonly code: string | null = null,
  ) {
    super(message);
  }
}

export interface Graph {
  ask<Data, Variables extends object>(document: Document<Data, Variables>, variables: Variables): Promise<Data>;
  sockets: Sockets;
  close(): void;
}

const SENTENCES: Record<number, string> = {
  401: 'You are not signed in any more.',
  403: 'You may not do that.',
  413: 'That is too much for one request.',
  429: 'Too many requests. Wait a moment.',
  503: 'The server is busy or starting. Wait a moment.',
};

export function openGraph(endpoint: string, token: string): Graph {
  const authorization = `Bearer ${token}`;
  const client = new Client({
    url: endpoint,
    exchanges: [fetchExchange],
    preferGetMethod: false,
    requestPolicy: 'network-only',
    fetchOptions: { headers: { authorization }, credentials: 'omit' },
  });
  const sockets = createClient({
    url: socketAddress(endpoint, location.href),
    connectionParams: { authorization },
    // It would ask again with the cursor that it began with: live.ts comes back with the last.
    retryAttempts: 0,
  });

  async function ask<Data, Variables extends object>(document: Document<Data, Variables>, variables: Variables): Promise<Data> {
    const kind = document.definitions.find((each) => each.kind === 'OperationDefinition')?.operation;
    const run = kind === 'mutation' ? client.mutation(document, variables as never) : client.query(document, variables as never);
    const { data, error } = await run.toPromise();
    if (data) return data as Data;
    throw error ? reasonOf(error) : new Refused('The server gave no answer.');
  }

  return { ask, sockets, close: () => void sockets.dispose() };
}

export function socketAddress(endpoint: string, base: string): string {
  const address = new URL(endpoint, base);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  return address.href;
}

function reasonOf({ graphQLErrors: [first], networkError, response }: CombinedError): Refused {
  if (first) return new Refused(first.message, String(first.extensions['code'] ?? ''));
  const status = (response as Response | undefined)?.status;
  if (status === 401) return new Refused(SENTENCES[401]!, 'UNAUTHENTICATED');
  return new Refused((status && SENTENCES[status]) || (networkError ? 'The server did not answer.' : 'The server gave no answer.'));
}

/** A key for one intent: sent again with it, nothing is done twice. */
export function freshKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `console ${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
