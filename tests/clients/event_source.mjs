// What a browser has: an EventSource, which sends no headers; a ticket says whose it is.
import { EventSource } from 'eventsource';
import { headers, job, request, sink, tell } from './job.mjs';

async function address() {
  if (!job.token) {
    return `${job.url}?${new URLSearchParams({ query: job.query, variables: JSON.stringify(job.variables ?? {}) })}`;
  }
  const answer = await fetch(`${job.url}/ticket`, {
    method: 'POST',
    headers: { ...headers(), 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  const { data, errors } = await answer.json();
  if (errors) throw errors;
  return `${job.url}?ticket=${data.ticket}`;
}

let source = null;
const results = sink(() => source?.close());
try {
  source = new EventSource(await address());
  source.addEventListener('next', (event) => {
    tell({ id: event.lastEventId });
    results.next(JSON.parse(event.data));
  });
  source.addEventListener('complete', () => {
    // The last event is the end: an EventSource that is not closed would open the stream again.
    source.close();
    results.complete();
  });
  source.addEventListener('error', (event) => {
    if (source.readyState === EventSource.CLOSED) results.error({ name: 'closed', message: event.message, code: event.code });
    else tell({ reconnecting: true });
  });
} catch (error) {
  results.error(error);
}
