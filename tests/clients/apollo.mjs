// Apollo Client: queries and mutations over HTTP or WebSocket, subscriptions over WebSocket.
import { ApolloClient, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { asking, headers, job, pause, request, sink, socketUrl, tell } from './job.mjs';

const sockets = createClient({
  url: socketUrl,
  webSocketImpl: WebSocket,
  connectionParams: headers,
  retryAttempts: job.retries ?? 0,
  retryWait: pause,
  // What cannot be reached at the moment is no reason to give up.
  shouldRetry: () => true,
  on: {
    connected: () => tell({ connected: null }),
    closed: (event) => tell({ closed: { code: event.code, reason: event.reason } }),
  },
});
const link = job.carrier === 'http' ? new HttpLink({ uri: job.url, headers: headers() }) : new GraphQLWsLink(sockets);
const client = new ApolloClient({ link, cache: new InMemoryCache(), defaultOptions: {} });
const document = gql(job.query);
const { operation } = document.definitions.find((one) => one.kind === 'OperationDefinition');
const options = {
  variables: job.variables,
  fetchPolicy: 'no-cache',
  errorPolicy: 'all',
  context: { extensions: job.extensions },
  extensions: request.extensions,
};
asking(({ query, variables }) => client.mutate({ mutation: gql(query), variables, fetchPolicy: 'no-cache' }));
let subscription = null;
const results = sink(() => (subscription?.unsubscribe(), sockets.dispose()));
const said = ({ data, error, errors, extensions }) => ({ data: data ?? null, errors: error?.errors ?? errors, extensions });

if (operation === 'query' && !job.watch) {
  client.query({ query: document, ...options }).then((result) => (results.next(said(result)), results.complete()), results.error);
} else if (operation === 'mutation') {
  client.mutate({ mutation: document, ...options }).then((result) => (results.next(said(result)), results.complete()), results.error);
} else {
  subscription = client.subscribe({ query: document, ...options }).subscribe({
    // What is no answer of the hub (a closed socket) is in the result as well.
    next: (result) => (result.error && !result.error.errors ? results.error(result.error) : results.next(said(result))),
    error: results.error,
    complete: results.complete,
  });
}
