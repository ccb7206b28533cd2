import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Config } from './config';
import { openGraph } from './graph';
import { ShopDocument } from './graph/documents';
import { GraphContext, ShopContext, useAsk } from './hooks';
import { PAGES } from './pages';
import { Banner } from './parts/banner';
import { Header } from './parts/header';
import { Failure } from './parts/notes';
import { SignIn } from './parts/signin';
import { route } from './route';
import { viewer } from './session';

export function App({ config, problem }: { config: Config; problem: string | null }) {
  const token = viewer.value?.token;
  return token ? <Inside key={token} config={config} token={token} /> : <SignIn config={config} problem={problem} />;
}

function Inside({ config, token }: { config: Config; token: string }) {
  const graph = useMemo(() => openGraph(config.endpoint, token), [config, token]);
  useEffect(() => () => graph.close(), [graph]);
  return (
    <GraphContext.Provider value={graph}>
      <Shell config={config} />
    </GraphContext.Provider>
  );
}

function Shell({ config }: { config: Config }) {
  const shop = useAsk(ShopDocument, {});
  const main = useRef<HTMLElement>(null);
  const { page: name, words } = route.value;
  const page = PAGES.find((each) => each.name === name);

  useEffect(() => {
    document.title = `${page?.title ?? 'Not found'} · Kassa`;
  }, [page]);

  return (
    <>
      <button class="skip" type="button" onClick={() => main.current?.focus()}>
        Skip to content
      </button>
      <Header config={config} current={name} />
      <main ref={main} tabIndex={-1}>
        <Banner />
        {shop.error && <Failure message={shop.error} again={shop.again} />}
        {shop.data && (
          <ShopContext.Provider value={shop.data}>
            {page ? <page.component words={words} /> : <p>There is no such page.</p>}
          </ShopContext.Provider>
        )}
      </main>
    </>
  );
}
