import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type EntryFragment, OrderChangedDocument, OrderPageDocument, type OrderWholeFragment } from '../../graph/documents';
import { useAsk, useLive } from '../../hooks';
import { Empty, Failure, Waiting } from '../../parts/notes';
import { Age, Panel, StateChip } from '../../parts/shown';
import { Timeline } from '../../parts/timeline';
import { to } from '../../route';
import * as say from '../../say';
import { Payments } from './payments';

/** An order: what was bought, where it is, what was paid, and how it came to be so. */
export function Order({ number }: { number: string }) {
  const { data, error, at, isBusy, again } = useAsk(OrderPageDocument, { number });
  const [fresh, setFresh] = useState<OrderWholeFragment | null>(null);
  const [told, setTold] = useState<EntryFragment[]>([]);

  const asked = data?.order;
  const line = useLive(OrderChangedDocument, asked ? { orders: [asked.id] } : null, (event) => {
    if (event.orders[0]) setFresh(event.orders[0]);
    setTold((known) => [...known, ...event.entries]);
  });
  useEffect(() => setFresh(null), [asked]);

  if (error && !data) return <Failure message={error} again={again} />;
  if (!data) return isBusy ? <Waiting /> : null;
  if (!asked) return <Empty>There is no order “{number}”, or it is not yours to see.</Empty>;
  const order = fresh ?? asked;
  const entries = [...new Map([...asked.journal.edges.map(({ node }) => node), ...told].map((entry) => [entry.id, entry])).values()];
  return (
    <>
      <p class="crumbs">
        <a href={to('orders')}>Orders and customers</a>
      </p>
      <Head order={order} age={<Age line={line} at={at} />} />
      <div class="grid order">
        <Lines order={order} />
        <Payments payments={order.payments} balance={order.balance} />
        <Goods order={order} />
        <Panel title="Timeline">
          <Timeline entries={entries.reverse()} />
          {asked.journal.pageInfo.hasNextPage && <p class="foot">Its first 100 entries, and those since you opened this page.</p>}
        </Panel>
      </div>
    </>
  );
}

function Head({ order, age }: { order: OrderWholeFragment; age: ComponentChildren }) {
  return (
    <div class="title">
      <div>
        <h1>{order.number}</h1>
        <p class="quiet">
          {order.soldAt?.name ?? order.channel.name}
          {order.placedAt && ` · ${say.moment(order.placedAt)}`}
          {' · '}
          {order.customer ? <a href={to('orders', 'customer', order.customer.number)}>{order.customer.displayName ?? order.customer.number}</a> : 'guest'}
        </p>
        <p class="chips">
          <StateChip state={order.state} /> <StateChip state={order.paymentStatus} /> <StateChip state={order.fulfillmentStatus} />
          {order.returnStatus !== 'NONE' && <span class="quiet"> returned: {say.word(order.returnStatus)}</span>}
        </p>
      </div>
      {age}
    </div>
  );
}

function Lines({ order: { lines, totals } }: { order: OrderWholeFragment }) {
  return (
    <Panel title="What was bought">
      <table>
        <tbody>
          {lines.map((line) => (
            <tr key={line.id}>
              <td class="number">{say.count(line.ordered)}</td>
              <th scope="row">
                <a href={to('stock', line.sku)}>{line.name}</a>
                {line.cancelled > 0 && <span class="quiet"> {say.count(line.cancelled)} cancelled</span>}
                {line.returned > 0 && <span class="quiet"> {say.count(line.returned)} returned</span>}
              </th>
              <td class="number quiet">{say.money(line.unitPrice.gross)}</td>
              <td class="number">{say.money(line.lineTotal.gross)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          {totals.discounts.minor > 0 && <Total label="Discounts" amount={`−${say.money(totals.discounts)}`} />}
          {totals.delivery.gross.minor > 0 && <Total label="Delivery" amount={say.money(totals.delivery.gross)} />}
          <Total label={`Total, tax included (${say.money(totals.grand.tax)})`} amount={say.money(totals.grand.gross)} />
        </tfoot>
      </table>
    </Panel>
  );
}

function Total({ label, amount }: { label: string; amount: string }) {
  return (
    <tr>
      <th scope="row" colSpan={3}>
        {label}
      </th>
      <td class="number">{amount}</td>
    </tr>
  );
}

function Goods({ order: { fulfillments, returns } }: { order: OrderWholeFragment }) {
  return (
    <Panel title="Parcels and returns">
      {fulfillments.length + returns.length === 0 && <Empty>None.</Empty>}
      <ul class="goods">
        {fulfillments.map(({ id, mode, state, location, tracking, lines }) => (
          <li key={id}>
            <p>
              <StateChip state={state} /> {say.word(mode)} from {location.name}
            </p>
            <p class="quiet">{lines.map(({ quantity, orderLine }) => `${quantity} × ${orderLine.name}`).join(', ')}</p>
            {tracking.map(({ carrier, code, url }) => (
              <p key={code}>
                {carrier} {url ? <a href={url} rel="noreferrer noopener" target="_blank">{code}</a> : <code>{code}</code>}
              </p>
            ))}
          </li>
        ))}
        {returns.map(({ id, state, at, lines }) => (
          <li key={id}>
            <p>
              <StateChip state={state} /> coming back{at && ` to ${at.name}`}
            </p>
            <p class="quiet">{lines.map(({ quantity, orderLine, reason }) => `${quantity} × ${orderLine.name} (${reason})`).join(', ')}</p>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
