// Fastify with Mercurius: compiled queries (`jit: 1`) and its own batch loaders.
import Fastify from 'fastify'
import mercurius from 'mercurius'
import { connection, fields, page, typeDefs } from './fields.mjs'
import { offers, quote } from './offers.mjs'
import { connected } from './reads.mjs'

const PAGE = 20
const reads = await connected()

// Its cache writes each parent as JSON to compare it, which costs more than it saves: each loader
// asks for each key once anyway.
const opts = { cache: false }
const unique = keys => [...new Set(keys)]

function loaded(read, keyOf, nothing) {
  return {
    opts,
    async loader(queries) {
      const keys = queries.map(({ obj }) => keyOf(obj))
      const wanted = unique(keys.filter(key => key !== null))
      const found = wanted.length ? await read(wanted) : new Map()
      return keys.map(key => found.get(key) ?? nothing)
    },
  }
}

const document = (name, keyOf) => loaded(ids => reads.byIds(name, ids), keyOf, null)

async function channelsOf(queries) {
  const found = await reads.byIds('channels', unique(queries.map(({ params }) => params.channel)))
  return queries.map(({ params }) => found.get(params.channel))
}

const resolvers = {
  ...fields,
  Query: {
    customer: async (_, { id }) => (await reads.byIds('customers', [id])).get(id) ?? null,
    order: async (_, { id }) => (await reads.byIds('orders', [id])).get(id) ?? null,
    product: async (_, { sku }) => (await reads.products([sku])).get(sku) ?? null,
    products: async (_, { skus }) => {
      const found = await reads.products(skus)
      return skus.map(sku => found.get(sku) ?? null)
    },
  },
}

const loaders = {
  Customer: {
    orders: {
      opts,
      loader: queries =>
        Promise.all(
          queries.map(async ({ obj, params: { first } }) =>
            page(await reads.newestOrders(obj._id, first + 1), first),
          ),
        ),
    },
  },
  Order: {
    channel: document('channels', order => order.channel_id),
    payments: loaded(reads.paymentsOf, order => order._id, []),
    customer: document('customers', order => order.customer_id),
  },
  OrderLine: { product: loaded(reads.products, line => line.sku, null) },
  Product: {
    levels: loaded(reads.levelsOf, product => product.sku, []),
    price: {
      opts,
      async loader(queries) {
        const channels = await channelsOf(queries)
        return queries.map(({ obj }, index) => quote(obj, channels[index]))
      },
    },
    availability: {
      opts,
      async loader(queries) {
        const channels = await channelsOf(queries)
        const [places, levels] = await Promise.all([
          reads.byIds('locations', unique(channels.flatMap(channel => channel.sells_from))),
          reads.levelsOf(unique(queries.map(({ obj }) => obj.sku))),
        ])
        return queries.map(({ obj }, index) => {
          const at = channels[index].sells_from.map(id => places.get(id))
          return connection(
            offers(obj, levels.get(obj.sku) ?? [], channels[index], at).slice(0, PAGE),
          )
        })
      },
    },
  },
  StockLevel: { location: document('locations', level => level.location_id) },
}

const app = Fastify({ logger: false })
app.register(mercurius, { schema: typeDefs, resolvers, loaders, jit: 1, path: '/graphql' })
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
