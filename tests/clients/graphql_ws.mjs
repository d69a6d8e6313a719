// graphql-ws, the reference client of graphql-transport-ws.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { asking, headers, job, pause, request, sink, socketUrl, tell } from './job.mjs';

const client = createClient({
  url: socketUrl,
  webSocketImpl: WebSocket,
  connectionParams: () => ({ ...headers(), ...job.params }),
  retryAttempts: job.retries ?? 0,
  retryWait: pause,
  shouldRetry: () => true,
  keepAlive: job.keepAlive ?? 0,
  on: {
    connected: (_, payload) => tell({ connected: payload ?? null }),
    closed: (event) => tell({ closed: { code: event.code, reason: event.reason } }),
  },
});
asking((one) => new Promise((resolve, reject) => client.subscribe(one, { next: resolve, error: reject, complete() {} })));
let stop = () => {};
stop = client.subscribe(
  request,
  sink(() => (stop(), client.dispose())),
);
