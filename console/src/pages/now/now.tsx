import { useEffect, useMemo, useState } from 'preact/hooks';
import { now } from '../../clock';
import { LowDocument, type ShelfFragment, ShelvesChangedDocument, TakingsChangedDocument, TakingsDocument, type TakingFragment, type TakingsQuery } from '../../graph/documents';
import { useAsk, useGraph, useLive, useShop } from '../../hooks';
import type { Line } from '../../live';
import { Icon } from '../../parts/icon';
import { Empty, Failure, Waiting } from '../../parts/notes';
import { Age, Ago, Bar, Chip, Freshness, Panel, Spark, StateChip } from '../../parts/shown';
import { to } from '../../route';
import * as say from '../../say';
import { merged } from '../../versions';
import { Incidents, type IncidentsNow, useIncidents } from './incidents';
import { type News, told } from './news';
import { byChannel, byState, lately, MINUTES, NONE, type Takings, taken } from './tally';

/** Pages of a hundred payments that are read to begin with. */
const MOST_PAGES = 10;
/** Which products run low is asked again so often; how low they are is told live. */
const ASK_LOW_AGAIN = 30_000;
const SOLD_IN = ['WEBSHOP', 'APP', 'POS', 'MARKETPLACE', 'CALL_CENTRE', 'SOCIAL'];

export function Now() {
  const [news, setNews] = useState<News[]>([]);
  const hear = (about: string, entries: readonly Omit<News, 'about'>[]) =>
    setNews((known) => told(known, entries.map((entry) => ({ ...entry, about }))));

  const takings = useTakings((payments, entries) => hear(payments.map(titleOf).join(', '), entries));
  const shelves = useShelves((levels, entries) => hear(levels.map(({ product, location }) => `${product.name}, ${location.code}`).join(', '), entries));

  const incidents = useIncidents();

  return (
    <>
      <h1>Now</h1>
      {takings.error && <Failure message={takings.error} again={takings.again} />}
      <Tiles takings={takings} shelves={shelves} incidents={incidents} />
      <div class="grid now">
        <div class="column">
          <Channels takings={takings} />
          <LowStock shelves={shelves} />
        </div>
        <div class="column">
          <Incidents incidents={incidents} />
          <States takings={takings} />
          <JustNow news={news} line={takings.line} />
        </div>
      </div>
    </>
  );
}

function titleOf({ tender, captured, provider }: TakingFragment): string {
  return `${say.money(captured)} by ${say.word(tender)}, ${provider}`;
}

interface TakingsNow {
  all: Takings;
  isRead: boolean;
  isCut: boolean;
  error: string | null;
  again(): void;
  line: Line;
}

/** The payments of the last hour: read once, then told. */
function useTakings(heard: (payments: TakingFragment[], entries: Omit<News, 'about'>[]) => void): TakingsNow {
  const graph = useGraph();
  const { channels } = useShop();
  const [all, setAll] = useState(NONE);
  const [state, setState] = useState({ isRead: false, isCut: false, error: null as string | null });
  const [turn, setTurn] = useState(0);
  const sellers = useMemo(() => channels.filter(({ kind }) => SOLD_IN.includes(kind)).map(({ id }) => id), [channels]);

  useEffect(() => {
    let isOver = false;
    async function read() {
      const since = new Date(Date.now() - MINUTES * 60_000).toISOString();
      let after: string | null = null;
      for (let page = 0; page < MOST_PAGES && !isOver; page += 1) {
        const { payments }: TakingsQuery = await graph.ask(TakingsDocument, { since, after });
        setAll((known) => merged(known, payments.edges.map(({ node }) => node)));
        after = payments.pageInfo.hasNextPage ? (payments.pageInfo.endCursor ?? null) : null;
        if (!after) break;
      }
      if (!isOver) setState({ isRead: true, isCut: after !== null, error: null });
    }
    read().catch((error: Error) => isOver || setState((before) => ({ ...before, error: error.message })));
    return () => {
      isOver = true;
    };
  }, [graph, turn]);

  const line = useLive(TakingsChangedDocument, sellers.length > 0 ? { channels: sellers } : null, (event) => {
    setAll((known) => merged(known, event.payments));
    if (event.entries.length > 0) heard(event.payments, event.entries);
  });
  return { all, ...state, again: () => setTurn((before) => before + 1), line };
}

interface ShelvesNow {
  levels: ShelfFragment[];
  hasMore: boolean;
  isRead: boolean;
  error: string | null;
  at: number | null;
  line: Line;
}

/** Levels that run low: which, is asked now and then; how low, is told. */
function useShelves(heard: (levels: ShelfFragment[], entries: Omit<News, 'about'>[]) => void): ShelvesNow {
  const { data, error, at, again } = useAsk(LowDocument, {});
  const [fresh, setFresh] = useState<ReadonlyMap<string, ShelfFragment>>(new Map());

  useEffect(() => {
    const asking = setInterval(again, ASK_LOW_AGAIN);
    return () => clearInterval(asking);
  }, []);

  const listed = data?.stockLevels.edges.map(({ node }) => node) ?? [];
  const skus = [...new Set(listed.map(({ product }) => product.sku))].sort();
  const line = useLive(ShelvesChangedDocument, skus.length > 0 ? { skus } : null, (event) => {
    setFresh((known) => merged(known, event.levels));
    if (event.entries.length > 0) heard(event.levels, event.entries);
  });

  const levels = useMemo(() => newest(listed, fresh), [data, fresh]);
  return { levels, hasMore: data?.stockLevels.pageInfo.hasNextPage ?? false, isRead: data !== null, error, at, line };
}

/** Of the levels that were listed, and those told of since, the low ones; the emptiest first. */
function newest(listed: ShelfFragment[], fresh: ReadonlyMap<string, ShelfFragment>): ShelfFragment[] {
  return [...merged(fresh, listed).values()].filter(({ isLow }) => isLow).sort((a, b) => a.free - b.free || a.product.name.localeCompare(b.product.name));
}

function Tiles({ takings, shelves, incidents }: { takings: TakingsNow; shelves: ShelvesNow; incidents: IncidentsNow }) {
  const payments = lately(takings.all, now.value);
  const open = payments.filter(({ state }) => ['CREATED', 'PENDING', 'ACTION_REQUIRED', 'AUTHORISED', 'PARTLY_CAPTURED'].includes(state));
  const empty = shelves.levels.filter(({ free }) => free === 0);
  return (
    <dl class="tiles">
      {taken(payments).map((sum) => (
        <div key={sum.currency} class="tile">
          <dt>Taken, {sum.currency}</dt>
          <dd>{say.money(sum, true)}</dd>
          <dd class="quiet">{say.count(sum.payments)} payments, last {MINUTES} min</dd>
        </div>
      ))}
      {takings.isRead && payments.length === 0 && (
        <div class="tile">
          <dt>Taken</dt>
          <dd>0</dd>
          <dd class="quiet">no payment, last {MINUTES} min</dd>
        </div>
      )}
      <div class="tile">
        <dt>Not settled</dt>
        <dd>{say.count(open.length)}</dd>
        <dd class="quiet">begun, not taken yet</dd>
      </div>
      <div class="tile" data-tone={empty.length > 0 ? 'warn' : undefined}>
        <dt>Running low</dt>
        <dd>
          {say.count(shelves.levels.length)}
          {shelves.hasMore && '+'}
        </dd>
        <dd class="quiet">{say.count(empty.length)} with nothing left</dd>
      </div>
      {incidents.open && incidents.open.length > 0 && (
        <div class="tile" data-tone="warn">
          <dt>Incidents</dt>
          <dd>
            {say.count(incidents.open.length)}
            {incidents.hasMore && '+'}
          </dd>
          <dd class="quiet">to be looked at</dd>
        </div>
      )}
    </dl>
  );
}

function Channels({ takings }: { takings: TakingsNow }) {
  const { channels } = useShop();
  const sellers = channels.filter(({ kind }) => SOLD_IN.includes(kind));
  const byId = new Map(sellers.map((channel) => [channel.id, channel]));
  const payments = lately(takings.all, now.value);
  const rows = byChannel([...byId.keys()], payments, now.value).sort((a, b) => b.payments - a.payments);
  return (
    <Panel title="Sales by channel" aside={<Age line={takings.line} />}>
      {takings.isRead ? (
        <table>
          <thead>
            <tr>
              <th scope="col">Channel</th>
              <th scope="col" class="number">Payments</th>
              <th scope="col" class="number">Taken</th>
              <th scope="col">Last {MINUTES} minutes</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ channel, payments, sum, bars }) => (
              <tr key={channel} data-empty={payments === 0 || undefined}>
                <th scope="row">
                  <Icon name={byId.get(channel)!.kind} />
                  {byId.get(channel)!.name}
                </th>
                <td class="number">{say.count(payments)}</td>
                <td class="number">{sum ? say.money(sum) : '–'}</td>
                <td class="sparks">
                  <Spark values={bars} label={`${payments} payments in the last ${MINUTES} minutes`} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <Waiting />
      )}
      <p class="foot">
        Added up here from {say.count(payments.length)} payments begun in the last {MINUTES} minutes, less what was given back.
        {takings.isCut && ` There were more than ${say.count(MOST_PAGES * 100)}: the older ones are left out.`}
      </p>
    </Panel>
  );
}

function States({ takings }: { takings: TakingsNow }) {
  const states = byState(lately(takings.all, now.value));
  const most = Math.max(1, ...states.map(([, n]) => n));
  return (
    <Panel title="Payments by state" aside={<Age line={takings.line} />}>
      {takings.isRead && states.length === 0 && <Empty>No payment in the last {MINUTES} minutes.</Empty>}
      <table class="states">
        <tbody>
          {states.map(([state, n]) => (
            <tr key={state}>
              <th scope="row">
                <StateChip state={state} />
              </th>
              <td class="stretch">
                <Bar parts={[{ name: 'free', value: n }]} most={most} />
              </td>
              <td class="number">{say.count(n)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

const SHOWN = 14;

function LowStock({ shelves }: { shelves: ShelvesNow }) {
  const { levels, isRead, error, at, line, hasMore } = shelves;
  return (
    <Panel title="Stock that runs low" aside={<Age line={line} at={at} />}>
      {error && <Failure message={error} />}
      {!isRead && !error && <Waiting />}
      {isRead && levels.length === 0 && <Empty>Nothing runs low.</Empty>}
      {levels.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Product</th>
              <th scope="col">Where</th>
              <th scope="col" class="number">Free</th>
              <th scope="col" class="number">On hand</th>
              <th scope="col" class="number">Coming</th>
              <th scope="col">As of</th>
            </tr>
          </thead>
          <tbody>
            {levels.slice(0, SHOWN).map((level) => (
              <tr key={level.id}>
                <th scope="row">
                  <a href={to('stock', level.product.sku)}>{level.product.name}</a>
                </th>
                <td>
                  <abbr title={level.location.name}>{level.location.code}</abbr>
                </td>
                <td class="number">{level.free === 0 ? <Chip tone="bad">0</Chip> : say.count(level.free)}</td>
                <td class="number">{say.count(level.onHand)}</td>
                <td class="number">{level.incoming ? `+${say.count(level.incoming)}` : ''}</td>
                <td>
                  <Freshness of={level.freshness} line={line} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {levels.length > SHOWN && (
        <p class="foot">
          The {SHOWN} emptiest of {say.count(levels.length)}
          {hasMore && ' and more'}. Which products run low is asked every half minute, how low they are is told live.
        </p>
      )}
    </Panel>
  );
}

function JustNow({ news, line }: { news: News[]; line: Line }) {
  return (
    <Panel title="Just now" aside={<Age line={line} />}>
      {news.length === 0 ? (
        <Empty>Nothing since you opened this page. Whatever happens appears here.</Empty>
      ) : (
        <ol class="news">
          {news.map(({ id, at, summary, about }) => (
            <li key={id}>
              <span>{summary}</span>
              <span class="quiet">{about}</span>
              <Ago at={at} />
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
