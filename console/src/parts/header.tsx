import type { Config } from '../config';
import { lines, whole } from '../live';
import { now } from '../clock';
import { PAGES } from '../pages';
import { to } from '../route';
import * as say from '../say';
import { choose, signOut, staff, viewer } from '../session';
import { Icon } from './icon';

export function Header({ config, current }: { config: Config; current: string }) {
  return (
    <header class="top">
      <a class="brand" href="#/">
        <img src="/console/favicon.svg" alt="" width="24" height="24" />
        Kassa
      </a>
      <nav aria-label="Pages">
        {PAGES.map(({ name, title, icon }) => (
          <a key={name} href={to(name)} aria-current={name === current ? 'page' : undefined}>
            <Icon name={icon} />
            {title}
          </a>
        ))}
        {config.graphiql && (
          <a href={config.graphiql}>
            <Icon name="graph" />
            Graph
          </a>
        )}
      </nav>
      <LineMark />
      <Who config={config} />
    </header>
  );
}

const WORDS = { live: 'Live', opening: 'Connecting', lost: 'Not connected', refused: 'Refused' };

/** Is what is shown live? By words as well as by colour. */
function LineMark() {
  if (lines.value.size === 0) return <p class="line" data-state="none" />;
  const { state, heard } = whole.value;
  return (
    <p class="line" data-state={state} role="status">
      <span class="dot" aria-hidden="true" />
      {WORDS[state]}
      {heard && state !== 'live' ? <span class="quiet"> since {say.time(heard)}</span> : null}
      {heard && state === 'live' ? (
        <span class="quiet heard" aria-hidden="true">
          {say.ago(heard, now.value)}
        </span>
      ) : null}
    </p>
  );
}

function Who({ config }: { config: Config }) {
  const roles = staff(config);
  if (roles.length === 0) {
    return (
      <p class="who">
        <span>{viewer.value?.label}</span>
        <button type="button" class="plain" onClick={() => signOut()}>
          Sign out
        </button>
      </p>
    );
  }
  const chosen = roles.find(({ token }) => token === viewer.value?.token);
  return (
    <label class="who">
      <span>Role</span>
      <select
        value={chosen?.name}
        onChange={({ currentTarget }) => choose(roles.find(({ name }) => name === currentTarget.value)!)}
      >
        {roles.map(({ name, label }) => (
          <option key={name} value={name}>
            {label}
          </option>
        ))}
      </select>
    </label>
  );
}
