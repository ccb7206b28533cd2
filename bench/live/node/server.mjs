// graphql-ws on ws, with graphql-subscriptions in memory. While `on` was read last from its input it
// publishes RATE changes a second, of one sku after the other.
import { createInterface } from 'node:readline'
import { buildSchema } from 'graphql'
import { PubSub } from 'graphql-subscriptions'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'

const { PORT, RATE, SKUS } = process.env
const skus = SKUS.split(' ')
const pubsub = new PubSub()

const schema = buildSchema(`
  type Query { ok: Boolean }
  type StockLevel {
    id: ID! version: Int! onHand: Int! committed: Int! reserved: Int! free: Int!
  }
  type StockEvent { kind: String! cursor: String! at: String! levels: [StockLevel!]! }
  type Subscription { stockChanged(skus: [String!]): StockEvent! }
`)
const stockChanged = schema.getSubscriptionType().getFields().stockChanged
stockChanged.subscribe = (_, { skus }) => pubsub.asyncIterableIterator(skus)
stockChanged.resolve = event => event

let count = 0
function publish () {
  const n = count++
  const version = Math.floor(n / skus.length) + 1
  pubsub.publish(skus[n % skus.length], {
    kind: 'CHANGE',
    cursor: String(n).padStart(32, '0'),
    at: new Date().toISOString(),
    levels: [{
      id: 'stk_' + String(n % skus.length).padStart(26, '0'),
      version,
      onHand: 1_000_000 + version,
      committed: 0,
      reserved: 0,
      free: 1_000_000 + version
    }]
  })
}

let timer
function begin () {
  const began = performance.now()
  let done = 0
  timer = setInterval(() => {
    for (; done < (performance.now() - began) / 1000 * RATE; done++) publish()
  }, 1000 / RATE)
}
createInterface({ input: process.stdin }).on('line', line => {
  clearInterval(timer)
  if (line === 'on') begin()
})

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(PORT), path: '/graphql' })
useServer({ schema }, server)
