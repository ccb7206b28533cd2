import { useState } from 'preact/hooks';
import { type OrderWholeFragment, RefundDocument } from '../../graph/documents';
import { useDo } from '../../hooks';
import { Field, FormDialog } from '../../parts/form';
import { Empty } from '../../parts/notes';
import { Panel, StateChip } from '../../parts/shown';
import * as say from '../../say';

type Payment = OrderWholeFragment['payments'][number];

/** Every tender, with what was asked of its provider; what was given back is recorded here. */
export function Payments({ payments, balance }: { payments: Payment[]; balance: OrderWholeFragment['balance'] }) {
  const [refunding, setRefunding] = useState<Payment | null>(null);
  return (
    <Panel title="Payments">
      <p class="sum">
        <strong>{say.money(balance.captured)}</strong> taken − <strong>{say.money(balance.refunded)}</strong> given back
        {balance.outstanding.minor > 0 && <span class="quiet"> · {say.money(balance.outstanding)} still to be paid</span>}
      </p>
      {payments.length === 0 && <Empty>Nothing was paid.</Empty>}
      <ul class="payments">
        {payments.map((payment) => (
          <li key={payment.id}>
            <p class="offer">
              <strong>{say.money(payment.amount)}</strong>
              <span>
                {say.word(payment.tender)}, {payment.provider}
              </span>
              <StateChip state={payment.state} />
              {payment.refundable.minor > 0 && (
                <button type="button" class="plain" onClick={() => setRefunding(payment)}>
                  Record a refund
                </button>
              )}
            </p>
            <ol class="operations">
              {payment.operations.map(({ id, kind, phase, amount, occurredAt, providerRef, declineCode }) => (
                <li key={id}>
                  <StateChip state={phase} /> {say.word(kind)} {say.money(amount)}
                  <span class="quiet">
                    {' '}
                    {say.moment(occurredAt)}
                    {providerRef && ` · ${providerRef}`}
                    {declineCode && ` · ${declineCode}`}
                  </span>
                </li>
              ))}
            </ol>
          </li>
        ))}
      </ul>
      {refunding && <Refund payment={refunding} close={() => setRefunding(null)} />}
    </Panel>
  );
}

function Refund({ payment: { id, refundable, tender, provider }, close }: { payment: Payment; close(): void }) {
  const act = useDo();
  return (
    <FormDialog
      title="Record a refund"
      submit="Record it"
      close={close}
      act={async (idempotencyKey, form) => {
        const minor = say.minorOf(String(form.get('amount')), refundable.exponent);
        if (!minor) return [{ code: 'INVALID', message: `An amount looks like ${say.typed(refundable)}.` }];
        const amount = { minor, currency: refundable.currency };
        const input = { idempotencyKey, payment: id, amount, reason: String(form.get('reason')) || null };
        return (await act(RefundDocument, { input })).recordRefund.userErrors;
      }}
    >
      <p class="quiet">
        It writes down money that was given back through {say.word(tender)}, {provider}. It moves none itself.
      </p>
      <Field label={`How much, in ${refundable.currency}`} hint={`Up to ${say.money(refundable)} can be given back.`}>
        <input name="amount" inputMode="decimal" required autocomplete="off" value={say.typed(refundable)} />
      </Field>
      <Field label="Why">
        <input name="reason" autocomplete="off" />
      </Field>
    </FormDialog>
  );
}
