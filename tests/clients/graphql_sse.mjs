// graphql-sse, the reference client of GraphQL over SSE, in its distinct connections mode.
import { createClient } from 'graphql-sse';
import { headers, job, request, sink } from './job.mjs';

const client = createClient({
  url: job.url,
  headers,
  retryAttempts: job.retries ?? 0,
  retry: async () => {},
});
let stop = () => {};
stop = client.subscribe(
  request,
  sink(() => (stop(), client.dispose())),
);
