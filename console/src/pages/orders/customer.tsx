import { useEffect, useState } from 'preact/hooks';
import { CustomerOrdersChangedDocument, CustomerPageDocument, type CustomerPageQuery, type OrderRowFragment } from '../../graph/documents';
import { useAsk, useDo, useLive } from '../../hooks';
import { Empty, Failure, Waiting } from '../../parts/notes';
import { Age, Ago, Chip, Panel } from '../../parts/shown';
import { to } from '../../route';
import * as say from '../../say';
import { newest } from './rows';
import { OrderTable } from './table';

type Found = NonNullable<CustomerPageQuery['customer']>;

/** A person on one page: who they are, what they allow, and every order of every channel. */
export function Customer({ number }: { number: string }) {
  const { data, error, at, isBusy, again } = useAsk(CustomerPageDocument, { number });
  const [orders, setOrders] = useState<OrderRowFragment[]>([]);
  const [more, setMore] = useState<string | null>(null);
  const act = useDo();

  const customer = data?.customer;
  useEffect(() => {
    if (!customer) return;
    setOrders((known) => newest(known, customer.orders.edges.map(({ node }) => node)));
    setMore(customer.orders.pageInfo.hasNextPage ? (customer.orders.pageInfo.endCursor ?? null) : null);
  }, [customer]);

  const line = useLive(CustomerOrdersChangedDocument, customer ? { customer: customer.id } : null, (event) => {
    setOrders((known) => newest(known, event.orders));
  });

  async function older() {
    const { customer } = await act(CustomerPageDocument, { number, after: more });
    if (!customer) return;
    setOrders((known) => newest(known, customer.orders.edges.map(({ node }) => node)));
    setMore(customer.orders.pageInfo.hasNextPage ? (customer.orders.pageInfo.endCursor ?? null) : null);
  }

  if (error && !data) return <Failure message={error} again={again} />;
  if (!data) return isBusy ? <Waiting /> : null;
  if (!customer) return <Empty>There is no customer “{number}”, or they are not yours to see.</Empty>;
  return (
    <>
      <p class="crumbs">
        <a href={to('orders')}>Orders and customers</a>
      </p>
      <div class="title">
        <div>
          <h1>{customer.displayName ?? customer.number}</h1>
          <p class="quiet">
            {customer.number} · changed <Ago at={customer.updatedAt} />
          </p>
        </div>
        <Age line={line} at={at} />
      </div>
      <div class="grid person">
        <Panel title="Known by">
          <Identities of={customer} />
        </Panel>
        <Panel title="Points">
          {customer.loyalty ? (
            <p class="big">
              {say.count(customer.loyalty.balance)} {customer.loyalty.tier && <Chip tone="good">{customer.loyalty.tier}</Chip>}
            </p>
          ) : (
            <Empty>No account.</Empty>
          )}
        </Panel>
        <Panel title="Allows">
          <Consents of={customer} />
        </Panel>
        <Panel title="Likes and lives">
          <Preferences of={customer} />
        </Panel>
      </div>
      <Panel title="Orders in every channel" aside={<span class="quiet">{say.count(customer.orders.totalCount)} in all</span>}>
        <OrderTable orders={orders} />
        {more && orders.length < customer.orders.totalCount && (
          <button type="button" onClick={older}>
            Older orders
          </button>
        )}
      </Panel>
    </>
  );
}

function Identities({ of: { identities } }: { of: Found }) {
  if (identities.length === 0) return <Empty>Nothing that you may see.</Empty>;
  return (
    <ul class="facts">
      {identities.map(({ kind, masked, strength }) => (
        <li key={kind + masked}>
          <span class="quiet">{say.word(kind)}</span> <span>{masked}</span> <Chip tone={strength === 'PROVEN' ? 'good' : 'plain'}>{say.word(strength)}</Chip>
        </li>
      ))}
    </ul>
  );
}

function Consents({ of: { consents } }: { of: Found }) {
  // What was said last of a purpose counts.
  const latest = new Map([...consents].sort((a, b) => a.at.localeCompare(b.at)).map((each) => [each.purpose, each]));
  if (latest.size === 0) return <Empty>Nothing was asked.</Empty>;
  return (
    <ul class="facts">
      {[...latest.values()].map(({ purpose, granted, at }) => (
        <li key={purpose}>
          <span>{say.word(purpose)}</span> <Chip tone={granted ? 'good' : 'bad'}>{granted ? 'yes' : 'no'}</Chip> <span class="quiet">{say.day(at)}</span>
        </li>
      ))}
    </ul>
  );
}

function Preferences({ of: { preferences, addresses } }: { of: Found }) {
  if (preferences.length + addresses.length === 0) return <Empty>Nothing that you may see.</Empty>;
  return (
    <ul class="facts">
      {preferences.map(({ key, value }) => (
        <li key={key}>
          <span class="quiet">{key}</span> <span>{value}</span>
        </li>
      ))}
      {addresses.map(({ id, lines, postcode, city, country }) => (
        <li key={id}>
          <span class="quiet">address</span>{' '}
          <span>{[...lines, [postcode, city].filter(Boolean).join(' '), country].join(', ')}</span>
        </li>
      ))}
    </ul>
  );
}
