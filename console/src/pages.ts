// The pages there are. A new one is a line here and a folder beside the others.

import type { ComponentType } from 'preact';
import { Channels } from './pages/channels/page';
import { Now } from './pages/now/now';
import { OrdersAndCustomers } from './pages/orders/page';
import { Stock } from './pages/stock/page';

export interface Page {
  /** Its first word in the address; the first page is the one at the root. */
  name: string;
  title: string;
  icon: string;
  component: ComponentType<{ words: string[] }>;
}

export const PAGES: Page[] = [
  { name: '', title: 'Now', icon: 'pulse', component: Now },
  { name: 'stock', title: 'Stock', icon: 'shelf', component: Stock },
  { name: 'orders', title: 'Orders and customers', icon: 'person', component: OrdersAndCustomers },
  { name: 'channels', title: 'Channels', icon: 'channels', component: Channels },
];
