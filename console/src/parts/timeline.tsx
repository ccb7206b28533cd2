import type { EntryFragment } from '../graph/documents';
import * as say from '../say';
import { Empty } from './notes';
import { Ago } from './shown';

/** Entries of the journal, as they come. */
export function Timeline({ entries }: { entries: EntryFragment[] }) {
  if (entries.length === 0) return <Empty>Nothing is told of it.</Empty>;
  return (
    <ol class="timeline">
      {entries.map(({ id, at, summary, actor, changes }) => (
        <li key={id}>
          <p>
            {summary} <Ago at={at} />
          </p>
          <p class="quiet">
            {say.word(actor.kind)}
            {actor.label && `, ${actor.label}`}
            {actor.device && ` on ${actor.device}`}
            {changes.slice(0, 6).map(({ path, before, after }) => (
              <span key={path} class="change">
                {' · '}
                {path.startsWith('reservations.') ? 'reservation' : path} {before ?? 'none'} → {after ?? 'none'}
              </span>
            ))}
          </p>
        </li>
      ))}
    </ol>
  );
}
