// Prices and promises over plain documents.
const NEVER_REPORTED = 'UNKNOWN'

export function quote(product, channel) {
  const price = product.prices.find(({ currency }) => currency === channel.currency)
  return price ? { unit: taxed(price.unit_minor, price), list: taxed(price.list_minor, price) } : null
}

function taxed(gross, { currency, rate_bps: rate }) {
  const tax = Math.floor((2 * gross * rate + 10_000 + rate) / (2 * (10_000 + rate)))
  return { gross: { minor: gross, currency }, tax: { minor: tax, currency } }
}

export function offers(product, levels, channel, locations) {
  const levelAt = new Map(levels.map(level => [level.location_id, level]))
  return locations
    .map(location => offer(product, levelAt.get(location._id), channel, location))
    .sort((a, b) => rank(a) - rank(b) || (a.location.code < b.location.code ? -1 : 1))
}

function rank({ promise, sellable }) {
  return promise === NEVER_REPORTED ? Number.MAX_SAFE_INTEGER : -sellable
}

function offer(product, level, channel, location) {
  if (!level) return { location, promise: NEVER_REPORTED, sellable: 0, explain: [] }
  const explain = explained(level, channel)
  const sellable = explain.reduce((sum, { quantity }) => sum + quantity, 0)
  return { location, promise: promise(product, level, sellable), sellable, explain }
}

function explained(level, channel) {
  const steps = [
    { label: 'On hand', quantity: level.on_hand },
    { label: 'Committed to orders', quantity: -level.committed },
    { label: 'Reserved for carts', quantity: -level.reserved },
    { label: 'Not for sale (damaged, on display)', quantity: -level.unavailable },
    { label: `Safety stock of ${channel.code}`, quantity: -channel.safety_stock },
  ]
  const rest = steps.reduce((sum, { quantity }) => sum + quantity, 0)
  if (rest < 0) steps.push({ label: 'Not below zero', quantity: -rest })
  return steps.filter(({ quantity }) => quantity)
}

function promise(product, level, sellable) {
  if (sellable >= 1) return level.is_low ? 'LOW' : 'IN_STOCK'
  if (level.incoming) return 'ON_ORDER'
  return product.allows_backorder ? 'BACKORDER' : 'NONE'
}
