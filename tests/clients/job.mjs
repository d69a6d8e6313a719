// What every client here is started with, and how it tells what it got: one JSON object a line.
//
//   node graphql_ws.mjs '{"url": "http://127.0.0.1:8000/graphql", "token": "...", "query": "...", "take": 3}'
//
// url        the GraphQL address (http); WebSocket clients make ws of it
// token      absent: the public
// query, variables, extensions, operationName    the operation
// carrier    http, ws or sse, where a client can do several
// take       results after which the client completes; absent: until the hub does
// retries    how often a client connects again; absent: never
// resume     true: the last cursor that was seen goes along, said anew at each try
//
// {"next": result} · {"error": what the client throws} · {"complete": true} · {"closed": {"code", "reason"}}
// {"connected": payload} · {"asked": result}
//
// A line on standard input is a line of JSON that changes the job (a new token, say) for what the client asks for next;
// {"ask": {"query", "variables"}} is asked at once, by the same client beside what it streams.

import { createInterface } from 'node:readline';

export const job = JSON.parse(process.argv[2]);
let last;
export const socketUrl = job.url.replace(/^http/, 'ws');
export const request = {
  query: job.query,
  variables: job.variables,
  operationName: job.operationName,
  extensions: job.resume ? resuming() : job.extensions,
};

/** Every client writes the operation anew when it connects again: a getter is asked at that moment. */
function resuming() {
  return {
    get resume() {
      return { after: last };
    },
  };
}

export const pause = () => new Promise((resolve) => setTimeout(resolve, 50));

/** How the client asks a question or does a deed: gives a promise of its result. */
let asks = null;
export const asking = (by) => (asks = by);

createInterface({ input: process.stdin }).on('line', (line) => {
  const { ask, ...changes } = JSON.parse(line);
  Object.assign(job, changes);
  if (ask) asks(ask).then((result) => tell({ asked: result }), (error) => tell({ asked: { failed: described(error) } }));
});

export function headers() {
  return job.token ? { authorization: `Bearer ${job.token}` } : {};
}

export function tell(line) {
  process.stdout.write(JSON.stringify(line) + '\n');
}

/** Results as they come, until the hub completes, an error, or `take` of them; `stop` lets go of the operation. */
export function sink(stop = () => {}) {
  let left = job.take ?? Infinity;
  return {
    next(result) {
      if (finished) return;
      last = result.extensions?.cursor ?? last;
      tell({ next: result });
      left -= 1;
      if (left === 0) finish(stop);
    },
    error(error) {
      if (finished) return;
      tell({ error: described(error) });
      finish(stop);
    },
    complete() {
      if (finished) return;
      tell({ complete: true });
      finish(stop);
    },
  };
}

let finished = false;

async function finish(stop) {
  if (finished) return;
  finished = true;
  // An operation may end before its starter has returned what stops it.
  await new Promise((resolve) => setTimeout(resolve, 20));
  await stop();
  setTimeout(() => process.exit(0), 50);
}

function described(error) {
  if (Array.isArray(error)) return error;
  if (error?.errors) return error.errors;
  if (error?.graphQLErrors?.length) return error.graphQLErrors;
  return { name: error?.name ?? error?.constructor?.name, message: error?.message, code: error?.code, status: error?.response?.status };
}

process.on('unhandledRejection', (error) => sink().error(error));
