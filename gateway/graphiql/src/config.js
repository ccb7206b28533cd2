// What the server tells the page: where to ask, as whom, and what for.

const CONFIG_URL = '/graphiql/config.json';

export const ANONYMOUS = { name: 'anonymous', label: 'Anonymous', token: null };

export async function readConfig() {
  const response = await fetch(CONFIG_URL, { credentials: 'omit', cache: 'no-store' });
  if (!response.ok) {
    throw new Error(`${CONFIG_URL} answered ${response.status}`);
  }
  const { endpoint, roles = [], examples = [] } = await response.json();
  const named = roles.filter(({ name }) => name !== ANONYMOUS.name);
  return { endpoint, roles: [ANONYMOUS, ...named], examples };
}
