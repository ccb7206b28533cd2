// What can be done to a level: reserve, adjust, count, send; and what becomes of a reservation.

import { useState } from 'preact/hooks';
import {
  AdjustDocument,
  CountStockDocument,
  type LevelFragment,
  ReceiveDocument,
  type RefusalFragment,
  ReleaseDocument,
  ReserveDocument,
  SellDocument,
  SendDocument,
} from '../../graph/documents';
import { useDo, useShop } from '../../hooks';
import { passing, recall, remember } from '../../memory';
import { Field, FormDialog } from '../../parts/form';
import * as say from '../../say';

export type Deed =
  | { kind: 'reserve' | 'adjust' | 'count' | 'send'; level: LevelFragment; quantity?: number }
  | { kind: 'release' | 'sell'; level: LevelFragment; reservation: string }
  | { kind: 'receive'; level: LevelFragment; transfer: string; quantity: number };

interface Props {
  deed: Deed;
  sku: string;
  levels: LevelFragment[];
  begin(deed: Deed): void;
  close(): void;
}

const MINE = 'kassa:reservations';

/** Only who made a reservation may end it; this tab remembers which it made. */
export function isMine(reservation: string): boolean {
  return mine().includes(reservation);
}

function mine(): string[] {
  return JSON.parse(recall(passing, MINE) ?? '[]') as string[];
}

function keep(reservation: string): void {
  remember(passing, MINE, JSON.stringify([...mine(), reservation].slice(-200)));
}

export function Deeds(props: Props) {
  switch (props.deed.kind) {
    case 'reserve':
      return <Reserve key={props.deed.level.id} {...props} />;
    case 'adjust':
      return <Adjust {...props} />;
    case 'count':
      return <Count {...props} />;
    case 'send':
      return <Send {...props} />;
    case 'receive':
      return <Receive {...props} />;
    default:
      return <EndReservation {...props} />;
  }
}

function whole(form: FormData, name: string): number {
  return Math.trunc(Number(form.get(name)));
}

function Reserve({ deed, sku, levels, begin, close }: Props) {
  const act = useDo();
  const [quantity, setQuantity] = useState('quantity' in deed ? String(deed.quantity ?? 1) : '1');
  const { location } = deed.level;
  return (
    <FormDialog<RefusalFragment>
      title={`Reserve at ${location.name}`}
      submit="Reserve"
      close={close}
      act={async (idempotencyKey, form) => {
        const lines = [{ sku, location: location.id, quantity: whole(form, 'quantity') }];
        const { reserveStock } = await act(ReserveDocument, { input: { idempotencyKey, lines, minutes: whole(form, 'minutes') } });
        if (reserveStock.reservation) keep(reserveStock.reservation.id);
        return reserveStock.userErrors;
      }}
      explain={(problems) => (
        <Elsewhere
          problems={problems}
          choose={(id) => {
            const level = levels.find((each) => each.location.id === id);
            if (level) begin({ kind: 'reserve', level, quantity: Math.trunc(Number(quantity)) });
          }}
        />
      )}
    >
      <Field label="Units" hint={`${say.count(deed.level.free)} are free`}>
        <input name="quantity" type="number" min="1" required value={quantity} onInput={({ currentTarget }) => setQuantity(currentTarget.value)} />
      </Field>
      <Field label="Minutes" hint="Then they are free for others again.">
        <input name="minutes" type="number" min="1" max="1440" required value="15" />
      </Field>
    </FormDialog>
  );
}

/** Where else there is some: the refusal says so itself. */
function Elsewhere({ problems, choose }: { problems: RefusalFragment[]; choose(location: string): void }) {
  const places = problems.flatMap((problem) => ('elsewhere' in problem ? problem.elsewhere : []));
  if (places.length === 0) return null;
  return (
    <section class="elsewhere" aria-label="Elsewhere">
      <h3>There are some elsewhere</h3>
      <ul>
        {places.map(({ location, sellable }) => (
          <li key={location.id}>
            <span>{location.name}</span>
            <strong>{say.count(sellable)}</strong>
            <button type="button" class="plain" onClick={() => choose(location.id)}>
              Reserve there
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Adjust({ deed: { level }, sku, close }: Props) {
  const act = useDo();
  return (
    <FormDialog<RefusalFragment>
      title={`Adjust at ${level.location.name}`}
      submit="Adjust"
      close={close}
      act={async (idempotencyKey, form) => {
        const change = { sku, location: level.location.id, delta: whole(form, 'delta'), reason: String(form.get('reason')) };
        return (await act(AdjustDocument, { input: { idempotencyKey, changes: [change] } })).adjustStock.userErrors;
      }}
    >
      <Field label="Units more, or (with a minus) fewer" hint={`${say.count(level.onHand)} are on hand`}>
        <input name="delta" type="number" required />
      </Field>
      <Field label="Why">
        <input name="reason" required list="reasons" autocomplete="off" />
      </Field>
      <datalist id="reasons">
        {['delivery', 'breakage', 'theft', 'found', 'sample'].map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
    </FormDialog>
  );
}

function Count({ deed: { level }, sku, close }: Props) {
  const act = useDo();
  // As it was when counting began: whoever changes it meanwhile makes the count void.
  const [seenVersion] = useState(level.version);
  return (
    <FormDialog<RefusalFragment>
      title={`Count at ${level.location.name}`}
      submit="Counted"
      close={close}
      act={async (idempotencyKey, form) => {
        const counts = [{ sku, location: level.location.id, counted: whole(form, 'counted'), seenVersion }];
        return (await act(CountStockDocument, { input: { idempotencyKey, counts } })).countStock.userErrors;
      }}
    >
      <Field label="Units that are there" hint="All of them: also those that are promised, or not for sale.">
        <input name="counted" type="number" min="0" required />
      </Field>
      {level.version !== seenVersion && (
        <p class="note" data-tone="warn" role="status">
          The level changed while you counted; close this and count anew.
        </p>
      )}
    </FormDialog>
  );
}

function Send({ deed: { level }, sku, begin, close }: Props) {
  const act = useDo();
  const { locations } = useShop();
  return (
    <FormDialog<RefusalFragment>
      title={`Send from ${level.location.name}`}
      submit="Send"
      close={close}
      act={async (idempotencyKey, form) => {
        const quantity = whole(form, 'quantity');
        const input = { idempotencyKey, sku, source: level.location.id, target: String(form.get('target')), quantity };
        const { transferStock } = await act(SendDocument, { input });
        const transfer = transferStock.transfer;
        if (transfer) setTimeout(() => begin({ kind: 'receive', level, transfer: transfer.id, quantity }));
        return transferStock.userErrors;
      }}
    >
      <Field label="Where to">
        <select name="target" required>
          {locations
            .filter(({ id }) => id !== level.location.id)
            .map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
        </select>
      </Field>
      <Field label="Units" hint={`${say.count(level.free)} are free`}>
        <input name="quantity" type="number" min="1" required value="1" />
      </Field>
    </FormDialog>
  );
}

function Receive({ deed, close }: Props) {
  const act = useDo();
  if (deed.kind !== 'receive') return null;
  return (
    <FormDialog<RefusalFragment>
      title="They are on their way"
      submit="They arrived"
      close={close}
      act={async (idempotencyKey, form) => {
        const input = { idempotencyKey, transfer: deed.transfer, received: whole(form, 'received') };
        return (await act(ReceiveDocument, { input })).receiveTransfer.userErrors;
      }}
    >
      <p>
        {say.count(deed.quantity)} units left {deed.level.location.name}. Whoever receives them says how many there are; their number is <code>{deed.transfer}</code>.
      </p>
      <Field label="Units that arrived" hint="What is missing is written off.">
        <input name="received" type="number" min="0" max={deed.quantity} required value={String(deed.quantity)} />
      </Field>
    </FormDialog>
  );
}

function EndReservation({ deed, close }: Props) {
  const act = useDo();
  if (deed.kind !== 'release' && deed.kind !== 'sell') return null;
  const isSale = deed.kind === 'sell';
  return (
    <FormDialog<RefusalFragment>
      title={isSale ? 'These units are sold' : 'Let these units go'}
      submit={isSale ? 'Sold' : 'Let go'}
      close={close}
      act={async (idempotencyKey) => {
        const input = { idempotencyKey, reservation: deed.reservation };
        const done = isSale
          ? (await act(SellDocument, { input })).commitReservation
          : (await act(ReleaseDocument, { input })).releaseReservation;
        return done.userErrors;
      }}
    >
      <p>
        {isSale
          ? `They wait for an order at ${deed.level.location.name}, and no longer run out.`
          : `They are free for others at once at ${deed.level.location.name}.`}
      </p>
    </FormDialog>
  );
}
