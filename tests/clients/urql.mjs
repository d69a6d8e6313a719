// urql: over HTTP as it is shipped, over server-sent events (fetchSubscriptions), or over WebSocket by graphql-ws.
import { Client, createRequest, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';
import { onEnd, pipe, subscribe } from 'wonka';
import WebSocket from 'ws';
import { headers, job, sink, socketUrl } from './job.mjs';

const sockets = createClient({
  url: socketUrl,
  webSocketImpl: WebSocket,
  connectionParams: headers,
  retryAttempts: job.retries ?? 0,
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
if (job.extensions) request.extensions = job.extensions;
const run = { query: 'executeQuery', mutation: 'executeMutation', subscription: 'executeSubscription' }[kind];
let stop = () => {};
const results = sink(() => (stop(), sockets.dispose()));

({ unsubscribe: stop } = pipe(
  client[run](request),
  onEnd(results.complete),
  subscribe((result) => {
    const errors = result.error?.graphQLErrors;
    if (result.error?.networkError) {
      results.error(result.error.networkError);
      return;
    }
    results.next({ data: result.data ?? null, errors: errors?.length ? errors : undefined, extensions: result.extensions });
    // Of a query, and of an error over a socket, urql says no end.
    if (kind !== 'subscription' || (result.error && job.carrier === 'ws')) results.complete();
  }),
));
