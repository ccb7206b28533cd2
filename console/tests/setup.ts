import { vi } from 'vitest';

// What a browser has and Node may not.
vi.stubGlobal('navigator', { language: 'sv-SE' });
vi.stubGlobal('addEventListener', () => {});
vi.stubGlobal('removeEventListener', () => {});
vi.stubGlobal('location', new URL('https://shop.example/#/stock/MUG%20A'));
