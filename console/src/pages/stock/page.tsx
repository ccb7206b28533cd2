import { useState } from 'preact/hooks';
import { LowProductsDocument, SearchProductsDocument } from '../../graph/documents';
import { useAsk } from '../../hooks';
import { Empty, Failure } from '../../parts/notes';
import { Search } from '../../parts/search';
import { to } from '../../route';
import { Product } from './product';

/** Products on the left, one of them beside it. */
export function Stock({ words: [sku] }: { words: string[] }) {
  const [text, setText] = useState('');
  const found = useAsk(SearchProductsDocument, text ? { text } : null);
  const low = useAsk(LowProductsDocument, text ? null : {});
  const products = text
    ? found.data?.searchProducts.edges.map(({ node }) => node)
    : unique(low.data?.stockLevels.edges.map(({ node }) => node.product) ?? []);
  const error = text ? found.error : low.error;

  return (
    <>
      <h1>Stock</h1>
      <div class="aside-first">
        <section class="panel" aria-labelledby="products">
          <h2 id="products" class="hidden">Products</h2>
          <Search label="Find a product" placeholder="Words of its name" search={setText} />
          {error && <Failure message={error} />}
          <p class="foot">{text ? `Products with “${text}”` : 'Products that run low somewhere'}</p>
          {products?.length === 0 && <Empty>None.</Empty>}
          <ul class="list">
            {products?.map((product) => (
              <li key={product.sku}>
                <a href={to('stock', product.sku)} aria-current={product.sku === sku ? 'true' : undefined}>
                  {product.name}
                  <span class="quiet">{product.sku}</span>
                </a>
              </li>
            ))}
          </ul>
        </section>
        <div class="beside">{sku ? <Product key={sku} sku={sku} /> : <Empty>Choose a product to see where it is, and why each number is what it is.</Empty>}</div>
      </div>
    </>
  );
}

function unique(products: { sku: string; name: string }[]) {
  return [...new Map(products.map((product) => [product.sku, product])).values()].sort((a, b) => a.name.localeCompare(b.name));
}
