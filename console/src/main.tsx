import './style/base.css';
import './style/shell.css';
import './style/parts.css';
import './style/pages.css';
import { render } from 'preact';
import { App } from './app';
import { type Config, readConfig } from './config';
import { begin, signIn } from './session';
import { returned } from './signin';

const root = document.getElementById('root')!;

try {
  const config = await readConfig();
  const problem = await cameBack(config);
  root.replaceChildren();
  render(<App config={config} problem={problem} />, root);
} catch (error) {
  const sentence = `The console could not start: ${(error as Error).message}. Reload the page when the server runs again.`;
  root.replaceChildren();
  render(<p class="alone" role="alert">{sentence}</p>, root);
}

/** Signs in who comes back from their provider; what went wrong, if anything did. */
async function cameBack(config: Config): Promise<string | null> {
  try {
    const token = await returned(config, new URL(location.href));
    if (token) signIn(token);
    else begin(config);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
