// Apollo Server as its documentation starts it.
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { typeDefs } from './fields.mjs'
import { loaders, resolvers } from './resolvers.mjs'

const server = new ApolloServer({ typeDefs, resolvers })
await startStandaloneServer(server, {
  listen: { host: '127.0.0.1', port: Number(process.env.PORT), path: '/graphql' },
  context: async () => loaders(),
})
