import { Customer } from './customer';
import { Find } from './find';
import { Order } from './order';

/** `#/orders`, `#/orders/customer/K-1001`, `#/orders/order/T-11400`. */
export function OrdersAndCustomers({ words: [kind, number] }: { words: string[] }) {
  if (kind === 'customer' && number) return <Customer key={number} number={number} />;
  if (kind === 'order' && number) return <Order key={number} number={number} />;
  return <Find />;
}
