import { useEffect, useState } from 'preact/hooks';
import { whole } from '../live';
import * as say from '../say';

const BACK_FOR = 12_000;

/** Says when what is shown is old, and afterwards whether anything was missed. */
export function Banner() {
  const { state, heard, returns, gap, why } = whole.value;
  const [isBack, setBack] = useState(false);

  useEffect(() => {
    if (returns === 0 || state !== 'live') return;
    setBack(true);
    const ending = setTimeout(() => setBack(false), BACK_FOR);
    return () => clearTimeout(ending);
  }, [returns, state]);

  if (state === 'lost') {
    return (
      <p class="banner" data-tone="warn" role="alert">
        Not connected. What you see is how it was at {heard ? say.time(heard) : 'the beginning'}; trying to come back.
      </p>
    );
  }
  if (state === 'refused') {
    return (
      <p class="banner" data-tone="bad" role="alert">
        This page is not told what happens: {why}
      </p>
    );
  }
  if (!isBack) return null;
  return (
    <p class="banner" data-tone={gap ? 'warn' : 'good'} role="status">
      {gap ? 'Back. Too much happened meanwhile to tell it all; the numbers are as they are now.' : 'Back, and nothing was missed.'}
    </p>
  );
}
