import { useRef } from 'preact/hooks';
import { Icon } from './icon';

const PAUSE = 250;

/** A field that searches while one types, and at once on Enter. */
export function Search({ label, placeholder, search }: { label: string; placeholder: string; search(text: string): void }) {
  const waiting = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const field = useRef<HTMLInputElement>(null);

  function soon(pause: number) {
    clearTimeout(waiting.current);
    waiting.current = setTimeout(() => search(field.current?.value.trim() ?? ''), pause);
  }

  return (
    <form
      class="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        soon(0);
      }}
    >
      <Icon name="search" />
      <input ref={field} type="search" aria-label={label} placeholder={placeholder} onInput={() => soon(PAUSE)} />
    </form>
  );
}
