// Asking and following from components.

import { createContext } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import type { Document, Graph } from './graph';
import { Refused } from './graph';
import { comebacks, follow, type Line, lines, SILENT, type Told } from './live';
import { signOut } from './session';
import type { ShopQuery } from './graph/documents';

export const GraphContext = createContext<Graph>(null as unknown as Graph);
export const ShopContext = createContext<ShopQuery>({ channels: [], locations: [] });

export const useGraph = () => useContext(GraphContext);
export const useShop = () => useContext(ShopContext);

export interface Asked<Data> {
  data: Data | null;
  error: string | null;
  /** When it was answered; milliseconds since the epoch. */
  at: number | null;
  isBusy: boolean;
  again(): void;
}

/** The answer to a query; asked anew when its variables change, and while `null`, not at all. */
export function useAsk<Data, Variables extends object>(document: Document<Data, Variables>, variables: Variables | null): Asked<Data> {
  const graph = useGraph();
  const [turn, setTurn] = useState(0);
  const [state, setState] = useState({ data: null as Data | null, error: null as string | null, at: null as number | null, isBusy: true });
  const key = JSON.stringify(variables);

  useEffect(() => {
    if (variables === null) {
      setState({ data: null, error: null, at: null, isBusy: false });
      return;
    }
    let isOld = false;
    setState((before) => ({ ...before, isBusy: true }));
    graph.ask(document, variables).then(
      (data) => isOld || setState({ data, error: null, at: Date.now(), isBusy: false }),
      (error: Error) => {
        if (isOld) return;
        checked(error);
        setState((before) => ({ ...before, error: error.message, isBusy: false }));
      },
    );
    return () => {
      isOld = true;
    };
  }, [graph, document, key, turn]);

  // What failed while the server was away is asked again when it is back.
  useEffect(() => {
    if (state.error) setTurn((before) => before + 1);
  }, [comebacks.value]);

  return { ...state, again: () => setTurn((before) => before + 1) };
}

/** A function that changes something; its failures are sentences. */
export function useDo(): <Data, Variables extends object>(document: Document<Data, Variables>, variables: Variables) => Promise<Data> {
  const graph = useGraph();
  return async (document, variables) => {
    try {
      return await graph.ask(document, variables);
    } catch (error) {
      checked(error);
      throw error;
    }
  };
}

/**
 * How the line of a subscription is; `tell` hears each event. While `variables` are null, silence.
 * One that is optional, since not everybody may listen, does not speak for all when it is refused.
 */
export function useLive<Data extends object, Variables extends { after?: string | null | undefined }>(
  document: Document<Data, Variables>,
  variables: Omit<Variables, 'after'> | null,
  tell: (event: Data[keyof Data] & Told) => void,
  { isOptional = false } = {},
): Line {
  const graph = useGraph();
  const [line, setLine] = useState<Line>(SILENT);
  const latest = useRef(tell);
  latest.current = tell;

  useEffect(() => {
    if (variables === null) return;
    const name = Symbol();
    const changed = (now: Line) => {
      setLine(now);
      const all = new Map(lines.value).set(name, now);
      if (isOptional && now.state === 'refused') all.delete(name);
      lines.value = all;
    };
    changed(SILENT);
    const following = follow(graph, document, variables, (event) => latest.current(event), changed, signOut);
    return () => {
      following.stop();
      const left = new Map(lines.value);
      left.delete(name);
      lines.value = left;
    };
  }, [graph, document, JSON.stringify(variables)]);

  return line;
}

function checked(error: unknown): void {
  if (error instanceof Refused && error.code === 'UNAUTHENTICATED') signOut(error.message);
}
