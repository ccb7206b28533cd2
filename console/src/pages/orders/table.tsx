import type { OrderRowFragment } from '../../graph/documents';
import { Icon } from '../../parts/icon';
import { Empty } from '../../parts/notes';
import { StateChip } from '../../parts/shown';
import { to } from '../../route';
import * as say from '../../say';

type Row = OrderRowFragment & { customer?: { number: string; displayName?: string | null } | null };

/** Orders, a row each; with the customer where the rows tell. */
export function OrderTable({ orders }: { orders: Row[] }) {
  if (orders.length === 0) return <Empty>No orders.</Empty>;
  const isOfMany = orders.some(({ customer }) => customer !== undefined);
  return (
    <table class="orders">
      <thead>
        <tr>
          <th scope="col">Order</th>
          <th scope="col">When</th>
          {isOfMany && <th scope="col">Customer</th>}
          <th scope="col">What</th>
          <th scope="col" class="number">Total</th>
          <th scope="col">Paid</th>
          <th scope="col">Goods</th>
        </tr>
      </thead>
      <tbody>
        {orders.map((order) => (
          <tr key={order.id}>
            <th scope="row">
              <Icon name={order.channel.kind} />
              <a href={to('orders', 'order', order.number)}>{order.number}</a>
              <span class="quiet where">{order.soldAt?.name ?? order.channel.name}</span>
            </th>
            <td class="when">{order.placedAt ? say.moment(order.placedAt) : '–'}</td>
            {isOfMany && (
              <td>
                {order.customer ? (
                  <a href={to('orders', 'customer', order.customer.number)}>{order.customer.displayName ?? order.customer.number}</a>
                ) : (
                  <span class="quiet">guest</span>
                )}
              </td>
            )}
            <td class="what">{order.lines.map(({ ordered, name }) => (ordered > 1 ? `${ordered} × ${name}` : name)).join(', ')}</td>
            <td class="number">{say.money(order.totals.grand.gross)}</td>
            <td>
              <StateChip state={order.paymentStatus} />
            </td>
            <td>
              <StateChip state={order.fulfillmentStatus} />
              {order.returnStatus !== 'NONE' && <span class="quiet"> returned: {say.word(order.returnStatus)}</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
