// Dialogs with a form: one intent each, with its own key, so that sending it again is safe.

import type { ComponentChildren, TargetedSubmitEvent } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { freshKey } from '../graph';

export interface Problem {
  code: string;
  message: string;
}

interface Props<Problem> {
  title: string;
  submit: string;
  /** Do it under this key; the problems, or none if it was done. */
  act(key: string, form: FormData): Promise<Problem[]>;
  close(): void;
  /** How problems are shown, where sentences do not say all. */
  explain?(problems: Problem[]): ComponentChildren;
  children: ComponentChildren;
}

export function FormDialog<P extends Problem>({ title, submit, act, close, explain, children }: Props<P>) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [key, setKey] = useState(freshKey);
  const [problems, setProblems] = useState<P[]>([]);
  const [failure, setFailure] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const heading = useId();

  useEffect(() => dialog.current?.showModal(), []);

  async function send(event: TargetedSubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setFailure(null);
    try {
      const found = await act(key, form);
      if (found.length === 0) return dialog.current?.close();
      setProblems(found);
      setKey(freshKey()); // what was refused is over; what comes next is another intent
    } catch (error) {
      // The same key again: if it was done, it is only told.
      setFailure(`${(error as Error).message} Sending it again does nothing twice.`);
    } finally {
      setBusy(false);
    }
  }

  return (
    <dialog ref={dialog} aria-labelledby={heading} onClose={close}>
      <form onSubmit={send} onInput={() => problems.length > 0 && setProblems([])}>
        <h2 id={heading}>{title}</h2>
        {children}
        <div aria-live="assertive">
          {failure && <p class="note" data-tone="bad">{failure}</p>}
          {problems.map(({ message }) => (
            <p key={message} class="note" data-tone="bad">
              {message}
            </p>
          ))}
          {problems.length > 0 && explain?.(problems)}
        </div>
        <div class="buttons">
          <button type="button" class="plain" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" class="main" disabled={isBusy}>
            {isBusy ? 'Sending…' : submit}
          </button>
        </div>
      </form>
    </dialog>
  );
}

export function Field({ label, hint, children }: { label: string; hint?: string; children: ComponentChildren }) {
  return (
    <label class="field">
      <span>{label}</span>
      {children}
      {hint && <small>{hint}</small>}
    </label>
  );
}
