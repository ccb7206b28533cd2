import { useEffect, useState } from 'preact/hooks';
import { type EntryFragment, LevelsChangedDocument, ProductStockDocument } from '../../graph/documents';
import { useAsk, useLive } from '../../hooks';
import { Empty, Failure, Waiting } from '../../parts/notes';
import { Age, Panel } from '../../parts/shown';
import * as say from '../../say';
import { merged } from '../../versions';
import { type Deed, Deeds } from './deeds';
import { LevelRow } from './level';
import { type Levels, sorted, summed } from './levels';
import { Promised } from './promised';

type Told = EntryFragment & { aggregate: string };

/** A product at all its locations, with the arithmetic behind each number. */
export function Product({ sku }: { sku: string }) {
  const { data, error, at, isBusy, again } = useAsk(ProductStockDocument, { sku });
  const [levels, setLevels] = useState<Levels>(new Map());
  const [told, setTold] = useState<Told[]>([]);
  const [deed, setDeed] = useState<Deed | null>(null);
  const [open, setOpen] = useState<string | null>(null);

  const product = data?.product;
  useEffect(() => {
    if (product) setLevels((known) => merged(known, product.levels));
  }, [product]);

  const line = useLive(LevelsChangedDocument, product ? { skus: [sku] } : null, ({ levels: news, entries }) => {
    setLevels((known) => merged(known, news));
    setTold((known) => [...known, ...entries]);
  });

  if (error && !data) return <Failure message={error} again={again} />;
  if (!data) return isBusy ? <Waiting /> : null;
  if (!product) return <Empty>There is no product “{sku}”.</Empty>;

  const rows = sorted(levels);
  const sums = summed(rows);
  const most = Math.max(1, ...rows.map(({ onHand }) => onHand));
  return (
    <>
      <div class="title">
        <div>
          <h2>{product.name}</h2>
          <p class="quiet">
            {product.sku}
            {product.barcodes.length > 0 && ` · ${product.barcodes.join(', ')}`}
          </p>
        </div>
        <Age line={line} at={at} />
      </div>
      <p class="sum">
        <strong>{say.count(sums.onHand)}</strong> on hand − <strong>{say.count(sums.committed)}</strong> committed −{' '}
        <strong>{say.count(sums.reserved)}</strong> reserved − <strong>{say.count(sums.unavailable)}</strong> not for sale ={' '}
        <strong class="result">{say.count(sums.free)} free</strong>
        {sums.incoming > 0 && <span class="quiet"> · {say.count(sums.incoming)} on their way</span>}
      </p>
      <Panel title="Where it is" aside={<Legend />}>
        {rows.length === 0 ? (
          <Empty>Nobody ever reported a number for it, which is not the same as none.</Empty>
        ) : (
          <table class="levels">
            <thead>
              <tr>
                <th scope="col">Location</th>
                <th scope="col" class="number">On hand</th>
                <th scope="col" class="number">Committed</th>
                <th scope="col" class="number">Reserved</th>
                <th scope="col" class="number">Not for sale</th>
                <th scope="col" class="number">Free</th>
                <th scope="col" class="number">Coming</th>
                <th scope="col">As of</th>
              </tr>
            </thead>
            {rows.map((level) => (
              <LevelRow
                key={level.id}
                level={level}
                line={line}
                most={most}
                told={told.filter(({ aggregate }) => aggregate === level.id)}
                isOpen={open === level.id}
                toggle={() => setOpen(open === level.id ? null : level.id)}
                begin={setDeed}
              />
            ))}
          </table>
        )}
      </Panel>
      <Promised sku={sku} versions={rows.map(({ version }) => version).join()} />
      {deed && <Deeds deed={deed} sku={sku} levels={rows} begin={setDeed} close={() => setDeed(null)} />}
    </>
  );
}

function Legend() {
  return (
    <span class="legend" aria-hidden="true">
      <i class="committed" /> committed <i class="reserved" /> reserved <i class="unavailable" /> not for sale <i class="free" /> free
    </span>
  );
}
