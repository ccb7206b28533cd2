import { useEffect, useState } from 'preact/hooks';
import { type HappeningFragment, IncidentsDocument, IncidentsOpenedDocument, LookAtDocument } from '../../graph/documents';
import { useAsk, useDo, useLive } from '../../hooks';
import type { Line } from '../../live';
import { Field, FormDialog } from '../../parts/form';
import { Empty, Failure, Waiting } from '../../parts/notes';
import { Age, Ago, Chip, Panel } from '../../parts/shown';
import * as say from '../../say';

/** New ones are told; that a colleague has looked at one is asked so often. */
const ASK_AGAIN = 30_000;

export interface IncidentsNow {
  /** What is open, the newest first; null before it was read. */
  open: HappeningFragment[] | null;
  hasMore: boolean;
  error: string | null;
  line: Line;
  again(): void;
}

export function useIncidents(): IncidentsNow {
  const { data, error, again } = useAsk(IncidentsDocument, {});
  const line = useLive(IncidentsOpenedDocument, {}, ({ kind }) => kind === 'CHANGE' && again(), { isOptional: true });

  useEffect(() => {
    const asking = setInterval(again, ASK_AGAIN);
    return () => clearInterval(asking);
  }, []);

  const open = data && data.incidents.edges.map(({ node }) => node);
  return { open, hasMore: data?.incidents.pageInfo.hasNextPage ?? false, error, line, again };
}

/** What somebody must look at; nothing for those who may not. */
export function Incidents({ incidents: { open, hasMore, error, line, again } }: { incidents: IncidentsNow }) {
  const [looking, setLooking] = useState<HappeningFragment | null>(null);
  if (line.state === 'refused') return null;
  return (
    <Panel title="Incidents" aside={<Age line={line} />}>
      {error && <Failure message={error} again={again} />}
      {!open && !error && <Waiting />}
      {open?.length === 0 && <Empty>Nothing that somebody must look at.</Empty>}
      <ul class="incidents">
        {open?.map((incident) => (
          <li key={incident.id}>
            <p>
              <Chip tone="warn">{say.word(incident.kind)}</Chip> {incident.detail}
            </p>
            <span class="quiet">
              {incident.channel && `${incident.channel.name}, `}
              <Ago at={incident.openedAt} />
            </span>
            <button type="button" class="plain" onClick={() => setLooking(incident)}>
              Looked at
            </button>
          </li>
        ))}
      </ul>
      {hasMore && <p class="foot">The newest {say.count(open?.length ?? 0)}; there are more.</p>}
      {looking && <LookedAt incident={looking} done={again} close={() => setLooking(null)} />}
    </Panel>
  );
}

function LookedAt({ incident, done, close }: { incident: HappeningFragment; done(): void; close(): void }) {
  const act = useDo();
  return (
    <FormDialog
      title="Looked at"
      submit="Close it"
      close={close}
      act={async (idempotencyKey, form) => {
        const input = { idempotencyKey, incident: incident.id, resolution: String(form.get('resolution')) };
        const { userErrors } = (await act(LookAtDocument, { input })).resolveIncident;
        if (userErrors.length === 0) done();
        return userErrors;
      }}
    >
      <p class="quiet">{incident.detail}</p>
      <Field label="What was done about it" hint="For who comes after.">
        <input name="resolution" required autocomplete="off" />
      </Field>
    </FormDialog>
  );
}
