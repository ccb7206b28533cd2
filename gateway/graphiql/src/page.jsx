import { DOC_EXPLORER_PLUGIN, DocExplorerStore } from '@graphiql/plugin-doc-explorer';
import { HISTORY_PLUGIN, HistoryStore } from '@graphiql/plugin-history';
import { GraphiQLProvider } from '@graphiql/react';
import { GraphiQL, GraphiQLInterface } from 'graphiql';
import { useMemo, useState } from 'react';
import { firstContent } from './examples.js';
import { createFetcher } from './fetcher.js';
import { Header } from './header.jsx';
import { createSession } from './session.js';
import { useThemes } from './theme.js';

const PLUGINS = [DOC_EXPLORER_PLUGIN, HISTORY_PLUGIN];

export function Page({ config }) {
  const [session] = useState(() => createSession(config));
  const [content] = useState(() => firstContent(config.examples));
  const [role, setRole] = useState(session.role);
  // A new fetcher for each role makes GraphiQL read the schema again as that role.
  const fetcher = useMemo(() => createFetcher(config.endpoint, session), [config, session, role]);

  function chooseRole(name) {
    session.choose(name);
    setRole(session.role);
  }

  return (
    <GraphiQLProvider
      {...content}
      fetcher={fetcher}
      plugins={PLUGINS}
      referencePlugin={DOC_EXPLORER_PLUGIN}
      inputValueDeprecation
      schemaDescription
    >
      <HistoryStore>
        <DocExplorerStore>
          <Layout config={config} session={session} role={role} chooseRole={chooseRole} />
        </DocExplorerStore>
      </HistoryStore>
    </GraphiQLProvider>
  );
}

function Layout(props) {
  useThemes();
  return (
    <div className="kassa-page">
      <Header {...props} />
      <main className="kassa-main">
        <GraphiQLInterface defaultEditorToolsVisibility="variables" showPersistHeadersSettings={false}>
          <GraphiQL.Logo> </GraphiQL.Logo>
        </GraphiQLInterface>
      </main>
    </div>
  );
}
