// Sends an operation as the chosen role: over HTTP, or a subscription over a WebSocket. Every
// failure becomes a sentence in the result pane.

import { getOperationAST, parse } from 'graphql';
import { createClient } from 'graphql-ws';

const ACCEPT = 'application/graphql-response+json, application/json';
const UNANSWERED = 'The gateway did not answer. Is it still running?';

const SENTENCES = {
  401: 'The gateway does not accept the token of this role (401). Choose another role, or reload the page if the demo data were made anew.',
  403: 'The gateway does not let this role do that (403).',
  413: 'The request is too large for the gateway (413).',
  429: 'Too many requests (429). Wait a moment, then run it again.',
  503: 'The gateway is busy or starting (503). Wait a moment, then run it again.',
};

export function createFetcher(endpoint, session) {
  return (operation, { headers } = {}) =>
    isSubscription(operation) ? events(endpoint, session.role, operation) : answer(endpoint, session, operation, headers);
}

/** What cannot be read is none: over HTTP the gateway says what is wrong with it. */
function isSubscription({ query, operationName }) {
  try {
    return getOperationAST(parse(query), operationName)?.operation === 'subscription';
  } catch {
    return false;
  }
}

/** Each event as it comes, until the reader stops; the socket is this subscription's own. */
async function* events(endpoint, { token }, operation) {
  const url = new URL(endpoint, location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const connectionParams = token ? { authorization: `Bearer ${token}` } : {};
  const client = createClient({ url: url.href, connectionParams, retryAttempts: 0 });
  try {
    yield* client.iterate(operation);
  } catch (problem) {
    yield Array.isArray(problem) ? { errors: problem } : failure(problem.reason || UNANSWERED);
  } finally {
    await client.dispose();
  }
}

async function answer(endpoint, session, operation, headers) {
  let request;
  try {
    request = { method: 'POST', headers: requestHeaders(session, headers), body: JSON.stringify(operation) };
  } catch (error) {
    return failure(`Request not sent. A header has a name or value that HTTP forbids: ${error.message}`);
  }
  try {
    return await readResult(await fetch(endpoint, { ...request, credentials: 'omit' }));
  } catch {
    return failure(UNANSWERED);
  }
}

function requestHeaders({ role, wantsPlan }, extra = {}) {
  const headers = new Headers({ accept: ACCEPT, 'content-type': 'application/json' });
  if (role.token) {
    headers.set('authorization', `Bearer ${role.token}`);
  }
  if (wantsPlan) {
    headers.set('kassa-plan', '1');
  }
  Object.entries(extra).forEach(([name, value]) => headers.set(name, value));
  return headers;
}

async function readResult(response) {
  const result = parsed(await response.text());
  if (result && ('data' in result || 'errors' in result)) {
    return result;
  }
  return failure(SENTENCES[response.status] ?? `The gateway answered ${response.status} without a GraphQL result.`);
}

function parsed(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

function failure(message) {
  return { errors: [{ message }] };
}
