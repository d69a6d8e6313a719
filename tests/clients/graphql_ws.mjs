// graphql-ws, the reference client of graphql-transport-ws.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { headers, job, request, sink, socketUrl, tell } from './job.mjs';

const client = createClient({
  url: socketUrl,
  webSocketImpl: WebSocket,
  connectionParams: () => ({ ...headers(), ...job.params }),
  retryAttempts: job.retries ?? 0,
  retryWait: async () => {},
  shouldRetry: () => true,
  keepAlive: job.keepAlive ?? 0,
  on: {
    connected: (_, payload) => tell({ connected: payload ?? null }),
    closed: (event) => tell({ closed: { code: event.code, reason: event.reason } }),
  },
});
let stop = () => {};
stop = client.subscribe(
  request,
  sink(() => (stop(), client.dispose())),
);
