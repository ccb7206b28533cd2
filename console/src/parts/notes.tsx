import type { ComponentChildren } from 'preact';

export function Failure({ message, again }: { message: string; again?: () => void }) {
  return (
    <p class="note" data-tone="bad" role="alert">
      {message}
      {again && (
        <button type="button" class="plain" onClick={again}>
          Try again
        </button>
      )}
    </p>
  );
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

export function Waiting() {
  return (
    <p class="empty" role="status">
      Reading…
    </p>
  );
}
