// Storage of the browser, which may be full or forbidden; then nothing is remembered.

export function recall(store: () => Storage, key: string): string | null {
  try {
    return store().getItem(key);
  } catch {
    return null;
  }
}

export function remember(store: () => Storage, key: string, value: string | null): void {
  try {
    if (value === null) store().removeItem(key);
    else store().setItem(key, value);
  } catch {
    // the page works without
  }
}

export const lasting = () => localStorage;
/** For this tab, until it is closed. */
export const passing = () => sessionStorage;
