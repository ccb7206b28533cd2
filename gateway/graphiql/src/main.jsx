import './workers.js';
// GraphiQL loads Monaco when it needs it; esbuild would then leave Monaco's style sheet behind.
import 'monaco-graphql/esm/monaco-editor.js';
import '@graphiql/react/font/roboto.css';
import '@graphiql/react/font/fira-code.css';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './style.css';
import { createRoot } from 'react-dom/client';
import { readConfig } from './config.js';
import { Page } from './page.jsx';

const root = createRoot(document.getElementById('root'));

try {
  root.render(<Page config={await readConfig()} />);
} catch (error) {
  root.render(
    <p className="kassa-sentence" role="alert">
      GraphiQL could not start, because {error.message}. Reload the page when the gateway runs again.
    </p>,
  );
}
