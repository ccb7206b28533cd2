import { now } from '../../clock';
import type { EntryFragment, LevelFragment } from '../../graph/documents';
import { LevelJournalDocument } from '../../graph/documents';
import { useAsk } from '../../hooks';
import type { Line } from '../../live';
import { Icon } from '../../parts/icon';
import { Empty, Failure, Waiting } from '../../parts/notes';
import { Bar, Chip, Freshness, StateChip } from '../../parts/shown';
import { Timeline } from '../../parts/timeline';
import * as say from '../../say';
import { type Deed, isMine } from './deeds';
import { story } from './levels';

interface Props {
  level: LevelFragment;
  line: Line;
  most: number;
  told: EntryFragment[];
  isOpen: boolean;
  toggle(): void;
  begin(deed: Deed): void;
}

const PARTS = ['committed', 'reserved', 'unavailable', 'free'] as const;

/** One location: its numbers in a row, and below it, when opened, what they come from. */
export function LevelRow({ level, line, most, told, isOpen, toggle, begin }: Props) {
  const { id, location, onHand, committed, reserved, unavailable, free, incoming, freshness } = level;
  return (
    <tbody data-location={location.code} data-open={isOpen || undefined}>
      <tr>
        <th scope="row">
          <button type="button" class="disclose" aria-expanded={isOpen} aria-controls={`below-${id}`} onClick={toggle}>
            <Icon name="chevron" />
            <span>{location.name}</span>
          </button>
        </th>
        <td class="number">{say.count(onHand)}</td>
        <td class="number">{minus(committed)}</td>
        <td class="number">{minus(reserved)}</td>
        <td class="number">{minus(unavailable)}</td>
        <td class="number free">{free === 0 ? <Chip tone="bad">0</Chip> : say.count(free)}</td>
        <td class="number">{incoming ? `+${say.count(incoming)}` : ''}</td>
        <td>
          <Freshness of={freshness} line={line} />
        </td>
      </tr>
      <tr class="bars">
        <td colSpan={8}>
          <Bar parts={PARTS.map((name) => ({ name, value: level[name] }))} most={most} />
        </td>
      </tr>
      {isOpen && (
        <tr class="below">
          <td colSpan={8} id={`below-${id}`}>
            <Below level={level} told={told} begin={begin} />
          </td>
        </tr>
      )}
    </tbody>
  );
}

function minus(value: number) {
  return value === 0 ? <span class="quiet">0</span> : `−${say.count(value)}`;
}

function Below({ level, told, begin }: { level: LevelFragment; told: EntryFragment[]; begin(deed: Deed): void }) {
  return (
    <>
      <div class="buttons start">
        <button type="button" onClick={() => begin({ kind: 'reserve', level })}>Reserve</button>
        <button type="button" onClick={() => begin({ kind: 'adjust', level })}>Adjust</button>
        <button type="button" onClick={() => begin({ kind: 'count', level })}>Count</button>
        <button type="button" onClick={() => begin({ kind: 'send', level })}>Send elsewhere</button>
      </div>
      <div class="halves">
        <Holds level={level} begin={begin} />
        <Journal level={level} told={told} />
      </div>
    </>
  );
}

function Holds({ level, begin }: { level: LevelFragment; begin(deed: Deed): void }) {
  const holds = level.holds.filter(({ state, until }) => state === 'PINNED' || Date.parse(until) > now.value);
  return (
    <section aria-label="Reservations">
      <h3>Reservations</h3>
      {holds.length === 0 && <Empty>{level.reserved === 0 ? 'None.' : 'Not shown to you.'}</Empty>}
      <ul class="holds">
        {holds.map(({ reservation, quantity, state, until }) => (
          <li key={reservation}>
            <strong>{say.count(quantity)}</strong>
            {state === 'PINNED' ? <StateChip state="PINNED" /> : <span class="left">{say.left(until, now.value)} left</span>}
            <code>{reservation.slice(-6)}</code>
            {isMine(reservation) && (
              <span class="buttons">
                <button type="button" class="plain" onClick={() => begin({ kind: 'release', level, reservation })}>
                  Let go
                </button>
                <button type="button" class="plain" onClick={() => begin({ kind: 'sell', level, reservation })}>
                  Sold
                </button>
              </span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Journal({ level, told }: { level: LevelFragment; told: EntryFragment[] }) {
  const { data, error } = useAsk(LevelJournalDocument, { level: level.id });
  const page = data?.node && 'journal' in data.node ? data.node.journal : null;
  return (
    <section aria-label="Journal">
      <h3>Journal</h3>
      {error && <Failure message={error} />}
      {!data && !error && <Waiting />}
      {data && <Timeline entries={story(page?.edges.map(({ node }) => node) ?? [], told)} />}
      {page?.pageInfo.hasNextPage && <p class="foot">Its first 100 changes, and those since you opened this page.</p>}
    </section>
  );
}
