import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { type AdapterFragment, ConnectedDocument } from '../../graph/documents';
import { useAsk } from '../../hooks';
import { Empty, Failure, Waiting } from '../../parts/notes';
import { Age, Ago, Panel, StateChip } from '../../parts/shown';
import { to } from '../../route';
import * as say from '../../say';
import { MEANING, type Standing, standings } from './standing';

/** No subscription tells of it: it is asked so often. */
const ASK_AGAIN = 5_000;

export function Channels() {
  const { data, error, at, again } = useAsk(ConnectedDocument, {});
  useEffect(() => {
    const asking = setInterval(again, ASK_AGAIN);
    return () => clearInterval(asking);
  }, []);

  const all = data && standings(data);
  return (
    <>
      <h1>Channels</h1>
      {error && <Failure message={error} again={again} />}
      {!all && !error && <Waiting />}
      {all?.length === 0 && <Unconnected />}
      <div class="adapters">
        {all?.map((each) => (
          <Adapter key={each.adapter.code} of={each} at={at} />
        ))}
      </div>
    </>
  );
}

function Unconnected() {
  return (
    <Empty>
      No connected channel is shown to you. To connect one, write a file that names its account and its secrets, and start Kassa with
      KASSA_CHANNELS=channels.toml: README, “Connect a channel”, and docs/channels.md. How channels are doing is shown to support and
      finance.
    </Empty>
  );
}

function Adapter({ of: { title, adapter, incidents }, at }: { of: Standing; at: number | null }) {
  const { code, provider, account, state, lastEventAt, lastError, taken, repeated, refused } = adapter;
  return (
    <Panel title={title} aside={<Age at={at} />}>
      <p>
        <StateChip state={state} /> {MEANING[state]}
      </p>
      {lastError && <Failure message={lastError} />}
      <dl class="figures">
        <Figure name="Last heard">{lastEventAt ? <Ago at={lastEventAt} /> : 'never'}</Figure>
        <Figure name="Waiting">
          {say.count(adapter.backlog)}
          {adapter.lagMs > 1_000 && <span class="quiet"> for {say.count(Math.round(adapter.lagMs / 1_000))} s</span>}
        </Figure>
        <Figure name="Parked">{say.count(adapter.parked)}</Figure>
        <Figure name="Open incidents">{incidents > 0 ? <a href={to('')}>{say.count(incidents)}</a> : '0'}</Figure>
      </dl>
      <Parked adapter={adapter} />
      <Readings adapter={adapter} />
      <p class="foot">
        {provider}, account {account}, posts to /webhooks/{code}: {say.count(taken)} taken, {say.count(repeated)} repeated,{' '}
        {say.count(refused)} refused. It {adapter.capabilities.join(', ')}.
      </p>
    </Panel>
  );
}

function Figure({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** What a person must look at, with its reason. */
function Parked({ adapter: { parked, parkedDeliveries } }: { adapter: AdapterFragment }) {
  if (parked === 0) return null;
  return (
    <>
      <h3>Parked deliveries</h3>
      <ul class="incidents">
        {parkedDeliveries.map(({ delivery, receivedAt, why, attempts }) => (
          <li key={delivery}>
            <p>{why}</p>
            <span class="quiet">
              {delivery}, <Ago at={receivedAt} />, tried {say.count(attempts)} times
            </span>
          </li>
        ))}
      </ul>
      {parked > parkedDeliveries.length && <p class="quiet">The newest {say.count(parkedDeliveries.length)}.</p>}
      <p class="quiet">
        When the reason is mended, <code>kassa inbox replay</code> has them tried anew.
      </p>
    </>
  );
}

/** How far what changed there was read. */
function Readings({ adapter: { readings } }: { adapter: AdapterFragment }) {
  if (readings.length === 0) return null;
  return (
    <>
      <h3>What changed there</h3>
      <ul class="readings">
        {readings.map(({ thing, isBackfill, isRunning, since, readAt, count, failed }) => (
          <li key={`${thing} ${isBackfill} ${since}`}>
            {thing}: {failed ?? (isRunning ? `reading, ${say.count(count)} so far` : readAt ? 'read ' : 'not read yet')}
            {!failed && !isRunning && readAt && <Ago at={readAt} />}
            {isBackfill && <span class="quiet">, from {say.moment(since)} (kassa channel sync)</span>}
          </li>
        ))}
      </ul>
    </>
  );
}
