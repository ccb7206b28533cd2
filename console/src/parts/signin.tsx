import type { TargetedSubmitEvent } from 'preact';
import { useState } from 'preact/hooks';
import type { Config, Provider } from '../config';
import { signIn, turnedAway } from '../session';
import { leaveFor } from '../signin';
import { Field } from './form';
import { Failure } from './notes';

/** Who are you? At a provider, or with a token that was made for you. */
export function SignIn({ config, problem }: { config: Config; problem: string | null }) {
  const [failure, setFailure] = useState(problem);
  const why = failure ?? turnedAway.value;

  function leave(provider: Provider) {
    leaveFor(provider).catch((error: Error) => setFailure(`${new URL(provider.url).host} cannot be asked: ${error.message}`));
  }

  function paste(event: TargetedSubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const token = String(new FormData(event.currentTarget).get('token')).trim();
    if (token) signIn(token);
  }

  return (
    <main class="door" tabIndex={-1}>
      <div class="card">
        <img src="/console/favicon.svg" alt="" width="40" height="40" />
        <h1>Kassa</h1>
        <p class="quiet">Stock, orders and payments, as they move.</p>
        {why && <Failure message={why} />}
        {config.providers.map((provider) => (
          <button key={provider.url} type="button" class="main" onClick={() => leave(provider)}>
            Sign in at {new URL(provider.url).host}
          </button>
        ))}
        <form onSubmit={paste}>
          <Field label="Or paste a token" hint="Only this tab keeps it, until you close it.">
            <input name="token" type="password" autocomplete="off" required spellcheck={false} />
          </Field>
          <button type="submit">Use this token</button>
        </form>
      </div>
    </main>
  );
}
