import { ChevronDownIcon, DropdownMenu, useGraphiQL } from '@graphiql/react';
import { useState } from 'react';
import { kindOf, useOpenExample } from './examples.js';

export function Header({ config, session, role, chooseRole }) {
  return (
    <header className="kassa-header">
      <h1 className="kassa-name">
        <img src="/graphiql/favicon.svg" alt="" width="22" height="22" />
        Kassa
      </h1>
      <nav className="kassa-nav" aria-label="Pages">
        <a href="/#/">Now</a>
        <a href="/#/stock">Stock</a>
        <a href="/#/orders">Orders and customers</a>
        <a href="/graphiql" aria-current="page">
          Graph
        </a>
      </nav>
      {config.examples.length > 0 && <Examples config={config} chooseRole={chooseRole} />}
      <Plan session={session} />
      <label className="kassa-role">
        <span>Role</span>
        <select value={role.name} onChange={(event) => chooseRole(event.target.value)}>
          {config.roles.map(({ name, label }) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </select>
      </label>
    </header>
  );
}

/** With it each answer tells how it was read: `extensions.plan`, beside `extensions.cost`. */
function Plan({ session }) {
  const [isWanted, setWanted] = useState(session.wantsPlan);

  function choose({ target: { checked } }) {
    session.wantPlan(checked);
    setWanted(checked);
  }

  return (
    <label className="kassa-plan" title="What is read for which field, and how long it takes: extensions.plan">
      <input type="checkbox" checked={isWanted} onChange={choose} />
      Plan
    </label>
  );
}

function Examples({ config, chooseRole }) {
  const open = useOpenExample(chooseRole);
  const isReady = useGraphiQL((state) => Boolean(state.queryEditor && state.variableEditor));
  return (
    <DropdownMenu>
      <DropdownMenu.Button className="kassa-examples" disabled={!isReady}>
        Examples <ChevronDownIcon aria-hidden="true" />
      </DropdownMenu.Button>
      <DropdownMenu.Content className="kassa-menu" align="start" aria-label="Examples">
        {config.examples.map((example) => (
          <DropdownMenu.Item key={example.title} onSelect={() => open(example)}>
            <span className="kassa-title">{example.title}</span>
            <span className="kassa-as">{describe(example, config.roles)}</span>
          </DropdownMenu.Item>
        ))}
      </DropdownMenu.Content>
    </DropdownMenu>
  );
}

function describe(example, roles) {
  const { label } = roles.find(({ name }) => name === example.role) ?? roles[0];
  const kind = kindOf(example);
  return kind === 'query' ? label : `${kind} · ${label}`;
}
