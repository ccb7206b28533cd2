import { useEffect, useState } from 'preact/hooks';
import { PromisedDocument } from '../../graph/documents';
import { useAsk, useShop } from '../../hooks';
import { Field } from '../../parts/form';
import { Empty, Failure } from '../../parts/notes';
import { Age, Chip, Freshness, Panel } from '../../parts/shown';
import * as say from '../../say';

const SOLD_IN = ['WEBSHOP', 'APP', 'POS', 'MARKETPLACE'];

/** What a channel may promise, and why exactly so many; asked anew whenever a level changes. */
export function Promised({ sku, versions }: { sku: string; versions: string }) {
  const channels = useShop().channels.filter(({ kind }) => SOLD_IN.includes(kind));
  const [channel, setChannel] = useState(channels.find(({ kind }) => kind === 'WEBSHOP')?.id ?? channels[0]?.id ?? '');
  const { data, error, at, again } = useAsk(PromisedDocument, channel ? { sku, channel } : null);
  useEffect(again, [versions]);

  const offers = data?.product?.availability.edges.map(({ node }) => node) ?? [];
  return (
    <Panel title="What a channel may promise" aside={<Age at={at} />}>
      <Field label="Channel">
        <select value={channel} onChange={({ currentTarget }) => setChannel(currentTarget.value)}>
          {channels.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </Field>
      {error && <Failure message={error} />}
      {data && offers.length === 0 && <Empty>It sells this from nowhere.</Empty>}
      <ul class="offers">
        {offers.map(({ location, promise, sellable, explain, freshness }) => (
          <li key={location.id}>
            <p class="offer">
              <strong>{location.name}</strong>
              <Chip tone={promise === 'IN_STOCK' ? 'good' : promise === 'NONE' ? 'bad' : 'warn'}>{say.word(promise)}</Chip>
              <Freshness of={freshness} />
            </p>
            <p class="terms">
              {explain.map(({ label, quantity }, n) => (
                <span key={label}>
                  {quantity < 0 ? '− ' : n > 0 ? '+ ' : ''}
                  <b>{say.count(Math.abs(quantity))}</b> {label}
                </span>
              ))}
              <span class="result">
                = <b>{say.count(sellable)}</b> to sell
              </span>
            </p>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
