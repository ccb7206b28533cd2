// The resolvers of both servers, with the usual DataLoaders.
import DataLoader from 'dataloader'
import { connection, fields, page } from './fields.mjs'
import { offers, quote } from './offers.mjs'
import { connected } from './reads.mjs'

const PAGE = 20
const reads = await connected()

function loaded(read, nothing) {
  return new DataLoader(async keys => {
    const found = await read(keys)
    return keys.map(key => found.get(key) ?? nothing)
  })
}

export function loaders() {
  const documents = name => loaded(ids => reads.byIds(name, ids), null)
  return {
    customers: documents('customers'),
    orders: documents('orders'),
    channels: documents('channels'),
    locations: documents('locations'),
    products: loaded(reads.products, null),
    paymentsOf: loaded(reads.paymentsOf, []),
    levelsOf: loaded(reads.levelsOf, []),
  }
}

export const resolvers = {
  ...fields,
  Query: {
    customer: (_, { id }, { customers }) => customers.load(id),
    order: (_, { id }, { orders }) => orders.load(id),
    product: (_, { sku }, { products }) => products.load(sku),
    products: (_, { skus }, { products }) => products.loadMany(skus),
  },
  Customer: {
    ...fields.Customer,
    orders: async (customer, { first }) =>
      page(await reads.newestOrders(customer._id, first + 1), first),
  },
  Order: {
    ...fields.Order,
    channel: (order, _, { channels }) => channels.load(order.channel_id),
    payments: (order, _, { paymentsOf }) => paymentsOf.load(order._id),
    customer: (order, _, { customers }) =>
      order.customer_id ? customers.load(order.customer_id) : null,
  },
  OrderLine: {
    ...fields.OrderLine,
    product: (line, _, { products }) => products.load(line.sku),
  },
  Product: {
    ...fields.Product,
    price: async (product, { channel }, { channels }) =>
      quote(product, await channels.load(channel)),
    levels: (product, _, { levelsOf }) => levelsOf.load(product.sku),
    availability: async (product, args, { channels, levelsOf, locations }) => {
      const channel = await channels.load(args.channel)
      const [places, levels] = await Promise.all([
        locations.loadMany(channel.sells_from),
        levelsOf.load(product.sku),
      ])
      return connection(offers(product, levels, channel, places).slice(0, PAGE))
    },
  },
  StockLevel: {
    ...fields.StockLevel,
    location: (level, _, { locations }) => locations.load(level.location_id),
  },
}
