// The hub's own module for live queries: {"next", "kept"} says of each result how many rows are the objects shown before.
//
// tokens     one after the other, whenever one is asked for; the last one stays
//
// {"state": ...} · {"asked_for": why a token is wanted}
import { connect } from '../../hub/web/static/live.js';
import { job, sink, tell } from './job.mjs';

const tokens = job.tokens ?? [job.token];
let shown = [];

function rows(value) {
  if (Array.isArray(value)) return value.flatMap((each) => [each, ...rows(each)]);
  return value && typeof value === 'object' ? Object.values(value).flatMap(rows) : [];
}

const hub = connect({
  url: job.url,
  transport: job.carrier,
  token(reason) {
    tell({ asked_for: reason });
    return tokens.length > 1 ? tokens.shift() : tokens[0];
  },
  state: (state) => tell({ state }),
  pause: () => 50,
});
const told = sink(() => (stop(), hub.close()));
const stop = hub.watch(
  { query: job.query, variables: job.variables, extensions: job.extensions },
  {
    ...told,
    next(result) {
      const before = new Set(shown);
      shown = rows(result.data);
      tell({ kept: shown.filter((row) => before.has(row)).length });
      told.next(result);
    },
  },
);
