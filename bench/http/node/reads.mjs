// The batched reads that the Node servers share: the same collections, concerns and deadlines as Kassa's.
import { MongoClient } from 'mongodb'

const BATCH = 1_000_000 // one read is one round trip

export async function connected() {
  const client = new MongoClient(process.env.KASSA_MONGODB_URL, {
    appName: 'bench',
    maxPoolSize: 64,
    readConcernLevel: 'majority',
    writeConcern: { w: 'majority', journal: true },
    timeoutMS: 4000,
  })
  await client.connect()
  const database = client.db(process.env.KASSA_MONGODB_DATABASE)
  const found = (name, where) => database.collection(name).find(where, { batchSize: BATCH })
  return {
    byIds: async (name, ids) => by('_id', await found(name, { _id: { $in: ids } }).toArray()),
    newestOrders: (customer, count) =>
      database
        .collection('orders')
        .find({ customer_id: customer, placed_key: { $gt: '' } })
        .sort({ placed_key: -1 })
        .limit(count)
        .toArray(),
    paymentsOf: async orders =>
      grouped(
        'order_id',
        await found('payments', { order_id: { $in: orders } })
          .sort({ order_id: 1, _id: 1 })
          .toArray(),
      ),
    products: async skus => by('sku', await found('products', { sku: { $in: skus } }).toArray()),
    levelsOf: async skus => {
      const levels = await found('stock_levels', { sku: { $in: skus } }).toArray()
      return grouped('sku', levels.sort((a, b) => (a._id < b._id ? -1 : 1)))
    },
  }
}

function by(field, documents) {
  return new Map(documents.map(document => [document[field], document]))
}

function grouped(field, documents) {
  const groups = new Map()
  for (const document of documents) {
    const group = groups.get(document[field])
    if (group) group.push(document)
    else groups.set(document[field], [document])
  }
  return groups
}
