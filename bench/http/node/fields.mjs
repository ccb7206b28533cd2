// The fields that need no read, for both servers; a document is its own parent value.
import { readFileSync } from 'node:fs'
import { GraphQLScalarType } from 'graphql'

export const typeDefs = readFileSync(new URL('schema.graphql', import.meta.url), 'utf8')

const id = document => document._id
const taxed = ({ gross_minor: minor, currency }) => ({ gross: { minor, currency } })

export const fields = {
  DateTime: new GraphQLScalarType({ name: 'DateTime', serialize: time => time.toISOString() }),
  Customer: { id, displayName: customer => customer.display_name },
  Order: {
    id,
    placedAt: order => order.placed_at,
    totals: order => ({ grand: taxed(order.totals.grand) }),
  },
  OrderLine: { unitPrice: line => taxed(line.unit_price) },
  Payment: {
    id,
    state: payment => payment.standing.state,
    amount: ({ minor, currency }) => ({ minor, currency }),
  },
  Product: { id },
  StockLevel: { onHand: level => level.on_hand },
}

export function page(orders, first) {
  return {
    edges: orders.slice(0, first).map(node => ({ node })),
    pageInfo: { hasNextPage: orders.length > first },
  }
}

export const connection = nodes => ({ edges: nodes.map(node => ({ node })) })
