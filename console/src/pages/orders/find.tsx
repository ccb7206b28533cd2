import type { TargetedSubmitEvent } from 'preact';
import { useState } from 'preact/hooks';
import { FindByNumberDocument, FindPeopleDocument, type LookupPurpose, NewestOrdersDocument, type PersonFragment } from '../../graph/documents';
import { useAsk, useDo } from '../../hooks';
import { Field } from '../../parts/form';
import { Empty, Failure } from '../../parts/notes';
import { Age, Panel } from '../../parts/shown';
import { go, to } from '../../route';
import * as say from '../../say';
import { type Wanted, wanted } from './finding';
import { OrderTable } from './table';

const PURPOSES: Record<LookupPurpose, string> = {
  SERVICE_CALL: 'They call',
  SALE: 'They buy',
  PICKUP: 'They collect',
  RETURN: 'They bring back',
};

/** One field finds people and orders; who looks people up says why, and that is kept. */
export function Find() {
  const act = useDo();
  const [people, setPeople] = useState<PersonFragment[] | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);

  async function find(event: TargetedSubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const asked = wanted(String(form.get('text')));
    if (!asked) return;
    setBusy(true);
    setFailure(null);
    setPeople(null);
    try {
      const found = await look(asked, form.get('purpose') as LookupPurpose);
      if (found) setPeople(found);
    } catch (error) {
      setFailure((error as Error).message);
    } finally {
      setBusy(false);
    }
  }

  /** The people who share it; or, of a number, its page. */
  async function look(asked: Wanted, purpose: LookupPurpose): Promise<PersonFragment[] | null> {
    if (asked.kind !== 'NUMBER') return (await act(FindPeopleDocument, { by: asked, purpose })).findCustomers;
    const { order, customer } = await act(FindByNumberDocument, { number: asked.value });
    if (order) go('orders', 'order', order.number);
    else if (customer) go('orders', 'customer', customer.number);
    else return (await act(FindPeopleDocument, { by: { kind: 'LOYALTY_NO', value: asked.value }, purpose })).findCustomers;
    return null;
  }

  return (
    <>
      <h1>Orders and customers</h1>
      <form class="find panel" role="search" onSubmit={find}>
        <Field label="Telephone, e-mail, or a number" hint="Of an order, a customer or a loyalty card. Telephone numbers may have spaces, or no country.">
          <input name="text" type="search" required autocomplete="off" spellcheck={false} />
        </Field>
        <Field label="Why" hint="It is kept with the look-up.">
          <select name="purpose">
            {Object.entries(PURPOSES).map(([purpose, label]) => (
              <option key={purpose} value={purpose}>
                {label}
              </option>
            ))}
          </select>
        </Field>
        <button type="submit" class="main" disabled={isBusy}>
          {isBusy ? 'Looking…' : 'Find'}
        </button>
      </form>
      <div aria-live="polite">
        {failure && <Failure message={failure} />}
        {people && <People people={people} />}
      </div>
      <Newest />
    </>
  );
}

function People({ people }: { people: PersonFragment[] }) {
  if (people.length === 0) return <Empty>Nobody is known by that.</Empty>;
  return (
    <Panel title={people.length === 1 ? 'One person' : `${say.count(people.length)} people share it`}>
      <ul class="people">
        {people.map((person) => (
          <li key={person.id}>
            <a href={to('orders', 'customer', person.number)}>{person.displayName ?? person.number}</a>
            <span class="quiet">
              {person.number}
              {person.loyalty?.tier && ` · ${person.loyalty.tier}`}
              {person.identities.map(({ kind, masked }) => (
                <span key={kind + masked}> · {masked}</span>
              ))}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Newest() {
  const { data, error, at, isBusy, again } = useAsk(NewestOrdersDocument, {});
  return (
    <Panel
      title="Newest orders"
      aside={
        <>
          <Age at={at} />
          <button type="button" class="plain" disabled={isBusy} onClick={again}>
            Ask again
          </button>
        </>
      }
    >
      {error && <Failure message={error} />}
      {data && <OrderTable orders={data.orders.edges.map(({ node }) => node)} />}
    </Panel>
  );
}
