// What the server tells the page: where to ask, and who one may be.

const CONFIG_URL = '/console/config.json';

export interface Role {
  name: string;
  label: string;
  token: string;
}

/** Where staff sign in: an OpenID provider, by code flow with PKCE. */
export interface Provider {
  url: string;
  client: string;
  scope: string;
}

export interface Config {
  endpoint: string;
  /** Roles of development, with their tokens; none in production. */
  roles: Role[];
  providers: Provider[];
  /** Where GraphiQL is; in production there is none. */
  graphiql: string | null;
}

export async function readConfig(): Promise<Config> {
  const response = await fetch(CONFIG_URL, { credentials: 'omit', cache: 'no-store' });
  if (!response.ok) throw new Error(`${CONFIG_URL} answered ${response.status}`);
  return response.json();
}
