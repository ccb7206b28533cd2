// Opening an example: its role, a new tab, and, for a query, its answer.

import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { Kind, parse } from 'graphql';
import { recall } from './memory.js';

const TABS_KEY = 'graphiql:tabState';

/** What the editors show at first: the last tab of the last visit, or the first example. */
export function firstContent(examples) {
  const { query = '', variables = '' } = storedTab() ?? examples[0] ?? {};
  return { initialQuery: query ?? '', initialVariables: variables ?? '' };
}

function storedTab() {
  try {
    const { tabs, activeTabIndex } = JSON.parse(recall(TABS_KEY));
    return tabs[activeTabIndex];
  } catch {
    return null;
  }
}

export function operationsOf(query) {
  try {
    const documentAST = parse(query);
    const operations = documentAST.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
    return { documentAST, operations };
  } catch {
    return { documentAST: undefined, operations: [] };
  }
}

export function kindOf({ query }) {
  return operationsOf(query).operations[0]?.operation ?? 'query';
}

export function useOpenExample(chooseRole) {
  const { addTab, run, setOperationFacts, updateActiveTabValues } = useGraphiQLActions();
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const variableEditor = useGraphiQL((state) => state.variableEditor);

  return (example) => {
    const { query, variables = '' } = example;
    const { documentAST, operations } = operationsOf(query);
    const operationName = operations[0]?.name?.value ?? null;
    chooseRole(example.role);
    addTab();
    queryEditor.setValue(query);
    variableEditor.setValue(variables);
    // GraphiQL works these out 100 ms after a change; we run now.
    setOperationFacts({ documentAST, operations, operationName: operationName ?? undefined });
    updateActiveTabValues({ query, variables, operationName });
    if (operations[0]?.operation === 'query') {
      run();
    }
  };
}
