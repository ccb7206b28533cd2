// Asks Apollo's gateway, in front of the subgraphs that a supergraph names.
//
//   node router.mjs <supergraph> <operations>
//
// `operations` is a file with a JSON array of { query, variables, token }; prints the array of
// answers, in order. The token goes to every subgraph as it came.
import { readFileSync } from "node:fs";
import { ApolloGateway, RemoteGraphQLDataSource } from "@apollo/gateway";
import { parse, validate } from "graphql";

const [supergraph, operations] = process.argv.slice(2).map((path) => readFileSync(path, "utf8"));

const silent = { debug() {}, info() {}, warn: console.error, error: console.error };

const gateway = new ApolloGateway({
  supergraphSdl: supergraph,
  logger: silent,
  buildService: ({ url }) =>
    new RemoteGraphQLDataSource({
      url,
      willSendRequest({ request, context }) {
        if (context.token) request.http.headers.set("authorization", `Bearer ${context.token}`);
      },
    }),
});

const { schema, executor } = await gateway.load();

async function answer({ query, variables, token }, index) {
  const document = parse(query);
  const wrong = validate(schema, document);
  if (wrong.length) return { errors: wrong.map((error) => error.toJSON()) };
  return executor({
    request: { query, variables },
    document,
    operationName: null,
    queryHash: String(index),
    schema,
    logger: silent,
    context: { token },
    metrics: {},
    cache: new Map(),
  });
}

const answers = [];
for (const [index, operation] of JSON.parse(operations).entries()) {
  const { data, errors } = await answer(operation, index);
  answers.push({ data, errors: errors?.map((error) => error.toJSON?.() ?? error) });
}
console.log(JSON.stringify(answers));
await gateway.stop();
