// Asks by one client library and prints what it hears: node subscriptions.mjs CLIENT URL OPERATION...
// An operation is the text of a query, a mutation or a subscription. One JSON line for each:
// {"results": [...], "error": ...}, with all results of a subscription.

import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { Client, fetchExchange, subscriptionExchange } from "@urql/core";
import { createClient as createSseClient } from "graphql-sse";
import { createClient as createWsClient } from "graphql-ws";
import WebSocket from "ws";

globalThis.WebSocket ??= WebSocket; // where Apollo looks for it; Node has had one since version 22

const AUTHORIZATION = "Bearer dev.support";

const [name, url, ...operations] = process.argv.slice(2);

const ws = () =>
  createWsClient({
    url: url.replace("http", "ws"),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: AUTHORIZATION },
    shouldRetry: () => true, // by default only what was open is opened again
    retryWait: () => new Promise((resolve) => setTimeout(resolve, 50)),
    retryAttempts: 100,
  });

const sse = () =>
  createSseClient({
    url,
    headers: { authorization: AUTHORIZATION },
    retry: () => new Promise((resolve) => setTimeout(resolve, 50)),
    retryAttempts: 100,
  });

// Both libraries of this author take the same sink.
const bySink = (client) => (query) =>
  new Promise((resolve) => {
    const results = [];
    client.subscribe(
      { query },
      {
        next: (result) => results.push(result),
        error: (error) => resolve({ results, error }),
        complete: () => resolve({ results }),
      },
    );
  });

const byApollo = (link) => {
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  return (query) => {
    if (query.startsWith("mutation")) return client.mutate({ mutation: gql(query) }).then(only, failed);
    if (query.startsWith("{")) return client.query({ query: gql(query) }).then(only, failed);
    return byObservable(client.subscribe({ query: gql(query), errorPolicy: "all" }));
  };
};

const byUrql = (options) => {
  const client = new Client({
    url,
    preferGetMethod: false,
    fetchOptions: { headers: { authorization: AUTHORIZATION } },
    ...options,
  });
  return (query) => {
    if (query.startsWith("mutation")) return client.mutation(query, {}).then(told);
    if (query.startsWith("{")) return client.query(query, {}).then(told);
    return new Promise((resolve) => {
      const results = [];
      client.subscription(query, {}).subscribe((result) => {
        if (result.error) resolve({ results, error: errorsOf(result.error) });
        else if (!result.hasNext) resolve({ results }); // the last result, once more
        else results.push({ data: result.data });
      });
    });
  };
};

const byObservable = (observable) =>
  new Promise((resolve) => {
    const results = [];
    observable.subscribe({
      next: ({ data, error }) => results.push(error ? { data, errors: errorsOf(error) } : { data }),
      error: (error) => resolve({ results, error: errorsOf(error) }),
      complete: () => resolve({ results }),
    });
  });

const only = ({ data }) => ({ results: [{ data }] });
const failed = (error) => ({ results: [], error: errorsOf(error) });
const told = ({ data, error }) => ({
  results: data ? [{ data }] : [],
  ...(error ? { error: errorsOf(error) } : {}),
});
const errorsOf = (error) =>
  (error.errors ?? error.graphQLErrors ?? [error]).map(({ message }) => ({ message }));

const headers = { authorization: AUTHORIZATION };
const byClient = {
  "graphql-ws": () => bySink(ws()),
  "graphql-sse": () => bySink(sse()),
  "apollo-multipart": () => byApollo(new HttpLink({ uri: url, headers })),
  "apollo-ws": () => byApollo(ApolloLink.from([new GraphQLWsLink(ws())])),
  urql: () => byUrql({ exchanges: [fetchExchange], fetchSubscriptions: true }),
  "urql-ws": () => {
    const client = ws();
    const forwardSubscription = ({ query, variables }) => ({
      subscribe: (sink) => ({ unsubscribe: client.subscribe({ query, variables }, sink) }),
    });
    const exchanges = [subscriptionExchange({ forwardSubscription }), fetchExchange];
    return byUrql({ exchanges });
  },
};

const ask = byClient[name]();
for (const operation of operations) console.log(JSON.stringify(await ask(operation)));
process.exit(0);
