// Sends an operation as the chosen role. Every failure becomes a sentence in the result pane.

const ACCEPT = 'application/graphql-response+json, application/json';

const SENTENCES = {
  401: 'The gateway does not accept the token of this role (401). Choose another role, or reload the page if the demo data were made anew.',
  403: 'The gateway does not let this role do that (403).',
  413: 'The request is too large for the gateway (413).',
  429: 'Too many requests (429). Wait a moment, then run it again.',
  503: 'The gateway is busy or starting (503). Wait a moment, then run it again.',
};

export function createFetcher(endpoint, session) {
  return async (operation, { headers } = {}) => {
    let request;
    try {
      request = { method: 'POST', headers: requestHeaders(session.role, headers), body: JSON.stringify(operation) };
    } catch (error) {
      return failure(`Request not sent. A header has a name or value that HTTP forbids: ${error.message}`);
    }
    try {
      return await readResult(await fetch(endpoint, { ...request, credentials: 'omit' }));
    } catch {
      return failure('The gateway did not answer. Is it still running?');
    }
  };
}

function requestHeaders(role, extra = {}) {
  const headers = new Headers({ accept: ACCEPT, 'content-type': 'application/json' });
  if (role.token) {
    headers.set('authorization', `Bearer ${role.token}`);
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
