// GraphiQL's colours, calmer; and light or dark as the system says, also when it changes.

import { useGraphiQL, useGraphiQLActions, useMonaco } from '@graphiql/react';
import { useEffect } from 'react';

const DARK = window.matchMedia('(prefers-color-scheme: dark)');

const palette = {
  'graphiql-LIGHT': { base: 'vs', accent: '#0f6c74', surface: '#ffffff', quiet: '#0f6c7414', argument: '#6c4fb3' },
  'graphiql-DARK': { base: 'vs-dark', accent: '#5cc4c9', surface: '#1d2630', quiet: '#5cc4c922', argument: '#b9a5f2' },
};

show(null);

function show(theme) {
  document.documentElement.dataset.theme = theme ?? (DARK.matches ? 'dark' : 'light');
}

export function useThemes() {
  const monaco = useMonaco((state) => state.monaco);
  const theme = useGraphiQL((state) => state.theme);
  const { setTheme } = useGraphiQLActions();

  useEffect(() => {
    Object.entries(palette).forEach(([name, colours]) => monaco?.editor.defineTheme(name, themeOf(colours)));
  }, [monaco]);

  useEffect(() => {
    const follow = () => {
      show(theme);
      if (!theme) {
        setTheme(null);
      }
    };
    show(theme);
    DARK.addEventListener('change', follow);
    return () => DARK.removeEventListener('change', follow);
  }, [theme, setTheme]);
}

function themeOf({ base, accent, surface, quiet, argument }) {
  return {
    base,
    inherit: true,
    rules: [{ token: 'argument.identifier.gql', foreground: argument }],
    colors: {
      'editor.background': '#ffffff00',
      'scrollbar.shadow': '#ffffff00',
      focusBorder: accent,
      highlight: accent,
      'highlighted.label': accent,
      'textLink.foreground': accent,
      'textLink.activeForeground': accent,
      'editorLink.activeForeground': accent,
      'list.highlightForeground': accent,
      'list.focusHighlightForeground': accent,
      'list.hoverBackground': quiet,
      'editorWidget.background': surface,
      'editorHoverWidget.background': surface,
      'editorSuggestWidget.background': surface,
      'editorSuggestWidget.selectedBackground': quiet,
      'editorSuggestWidget.selectedForeground': accent,
      'menu.background': surface,
      'menu.selectionBackground': quiet,
      'menu.selectionForeground': accent,
      'quickInput.background': surface,
      'quickInputList.focusBackground': quiet,
      'quickInputList.focusForeground': accent,
    },
  };
}
