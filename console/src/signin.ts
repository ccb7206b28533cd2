// Sign-in at an OpenID provider: code flow with PKCE, without a secret (RFC 7636, RFC 9700).

import * as oauth from 'oauth4webapi';
import type { Config, Provider } from './config';
import { passing, recall, remember } from './memory';

const UNDER_WAY = 'kassa:signing-in';

interface UnderWay {
  url: string;
  verifier: string;
  state: string;
  /** Where in the console to come back to. */
  hash: string;
}

const here = () => `${location.origin}/`;

/** Leaves for the provider's page. */
export async function leaveFor(provider: Provider): Promise<void> {
  const server = await discovered(provider);
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const underWay: UnderWay = { url: provider.url, verifier, state, hash: location.hash };
  remember(passing, UNDER_WAY, JSON.stringify(underWay));
  const target = new URL(server.authorization_endpoint!);
  const asked = {
    client_id: provider.client,
    redirect_uri: here(),
    response_type: 'code',
    scope: provider.scope,
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  };
  Object.entries(asked).forEach(([name, value]) => target.searchParams.set(name, value));
  location.assign(target);
}

/** The token, where `address` is what a provider leads back to; null where it is not. */
export async function returned({ providers }: Config, address: URL): Promise<string | null> {
  const isBack = ['code', 'error'].some((name) => address.searchParams.has(name)) && address.searchParams.has('state');
  if (!isBack) return null;
  const underWay = JSON.parse(recall(passing, UNDER_WAY) ?? 'null') as UnderWay | null;
  remember(passing, UNDER_WAY, null);
  history.replaceState(null, '', `/${underWay?.hash ?? ''}`);
  dispatchEvent(new HashChangeEvent('hashchange')); // a replaced address tells nobody
  const provider = providers.find(({ url }) => url === underWay?.url);
  if (!underWay || !provider) throw new Error('This sign-in was not begun here. Begin anew.');
  const server = await discovered(provider);
  const client: oauth.Client = { client_id: provider.client };
  const found = oauth.validateAuthResponse(server, client, address, underWay.state);
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    found,
    here(),
    underWay.verifier,
    insecurely(provider),
  );
  return (await oauth.processAuthorizationCodeResponse(server, client, response)).access_token;
}

async function discovered(provider: Provider): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(provider.url);
  const response = await oauth.discoveryRequest(issuer, { algorithm: 'oidc', ...insecurely(provider) });
  return oauth.processDiscoveryResponse(issuer, response);
}

/** A provider on this very machine may go without TLS; the server takes no other without. */
function insecurely({ url }: Provider) {
  return { [oauth.allowInsecureRequests]: new URL(url).protocol === 'http:' };
}
