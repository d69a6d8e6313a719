// urql: over HTTP as it is shipped, over server-sent events (fetchSubscriptions), or over WebSocket by graphql-ws.
import { Client, createRequest, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';
import { onEnd, pipe, subscribe, toPromise } from 'wonka';
import WebSocket from 'ws';
import { asking, headers, job, pause, request as said, sink, socketUrl, tell } from './job.mjs';

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
const overSockets = subscriptionExchange({
  enableAllOperations: true,
  forwardSubscription: (request) => ({
    subscribe: (results) => ({ unsubscribe: sockets.subscribe(request, results) }),
  }),
});
const client = new Client({
  url: job.url,
  preferGetMethod: false,
  fetchOptions: () => ({ headers: headers() }),
  fetchSubscriptions: job.carrier === 'sse',
  exchanges: [job.carrier === 'ws' ? overSockets : fetchExchange],
  requestPolicy: 'network-only',
});
const kind = /^\s*(query|mutation|subscription)/.exec(job.query)?.[1] ?? 'query';
const request = createRequest(job.query, job.variables ?? {});
if (said.extensions) request.extensions = said.extensions;
asking(({ query, variables }) => toPromise(client.mutation(query, variables)));
const run = { query: 'executeQuery', mutation: 'executeMutation', subscription: 'executeSubscription' }[kind];
let stop = () => {};
const results = sink(() => (stop(), sockets.dispose()));

// Over events urql opens no stream again: an application that wants to go on asks anew.
let left = job.carrier === 'sse' ? (job.retries ?? 0) : 0;
let seen;
const open = () => {
  seen = undefined;
  ({ unsubscribe: stop } = pipe(
    client[run](request),
    onEnd(() => (left-- > 0 ? pause().then(open) : results.complete())),
    subscribe((result) => {
      const errors = result.error?.graphQLErrors;
      if (result.error?.networkError) {
        if (left <= 0) results.error(result.error.networkError);
        return;
      }
      // When a stream ends, urql says its last result once more.
      if (left > 0 && seen && seen === result.extensions?.cursor) return;
      seen = result.extensions?.cursor;
      results.next({ data: result.data ?? null, errors: errors?.length ? errors : undefined, extensions: result.extensions });
      // Of a query, and of an error over a socket, urql says no end.
      if (kind !== 'subscription' || (result.error && job.carrier === 'ws')) results.complete();
    }),
  ));
};
open();
