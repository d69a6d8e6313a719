// graphql-sse, the reference client of GraphQL over SSE, in its distinct connections mode.
import { createClient } from 'graphql-sse';
import { asking, headers, job, pause, request, sink, tell } from './job.mjs';

const client = createClient({
  url: job.url,
  headers,
  retryAttempts: job.retries ?? 0,
  retry: pause,
  on: { connected: () => tell({ connected: null }) },
});
asking((one) => new Promise((resolve, reject) => client.subscribe(one, { next: resolve, error: reject, complete() {} })));
let stop = () => {};
stop = client.subscribe(
  request,
  sink(() => (stop(), client.dispose())),
);
