import { ChevronDownIcon, DropdownMenu, useGraphiQL } from '@graphiql/react';
import { kindOf, useOpenExample } from './examples.js';

export function Header({ config, role, chooseRole }) {
  return (
    <header className="kassa-header">
      <h1 className="kassa-name">
        <img src="/graphiql/favicon.svg" alt="" width="22" height="22" />
        Kassa
      </h1>
      {config.examples.length > 0 && <Examples config={config} chooseRole={chooseRole} />}
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
