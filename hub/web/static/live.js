// Live queries and subscriptions of the hub, for pages and for Node 22 and newer: this file and those that it imports, no
// dependencies.
//
//   import { connect } from './live.js';
//
//   const hub = connect({ url: '/graphql', token: async (reason) => sessionStorage.token });
//   const stop = hub.watch(
//     { query: 'query @live { caseStatistics(by: [STATE]) { state count } }' },
//     {
//       next: ({ data, errors }) => draw(data), // what did not change is the same object as the last time
//       error: (errors) => tell(errors), // refused: it does not come again by itself
//     },
//   );
//   stop(); hub.close();
//
// `token` is asked whenever one is needed: reason is 'begin', 'expiring' (the connection stays) or 'expired'; null is the
// public. Changes come as patches (RFC 6902); whatever does not follow the last result makes the module ask anew.
// Connections come again by themselves, after pauses that grow and differ; subscriptions go on behind their last cursor.

import { shared, patched } from './results.js';
import { socket } from './socket.js';
import { streams } from './streams.js';

const LONGEST_PAUSE_MS = 30_000;

/** A connection to the hub at `url`; `transport` is 'ws' (all operations on one socket) or 'sse' (a request each).
 *
 * `state` is told 'connecting', 'open', 'waiting' (for the next try), 'refused' (sign in anew) and 'closed'. */
export function connect({ url, token = () => null, transport = 'ws', state = () => {}, pause = growing }) {
  const address = new URL(url, globalThis.location?.href).href;
  const watched = new Set();
  const hub = { address, token, state, pause, watched, closed: false };
  const carrier = transport === 'sse' ? streams(hub) : socket(hub);
  return {
    watch(operation, sink) {
      const one = new Watched(operation, sink);
      watched.add(one);
      carrier.begin(one);
      return () => {
        one.over = true;
        if (watched.delete(one)) carrier.end(one);
      };
    },
    close() {
      hub.closed = true;
      for (const one of watched) one.over = true;
      watched.clear();
      carrier.close();
      state('closed');
    },
  };
}

/** A full jitter: processes that went away are not asked by everybody at once. */
function growing(tries) {
  return Math.random() * Math.min(LONGEST_PAUSE_MS, 500 * 2 ** tries);
}

/** One operation, whatever carries it: what it last showed, and what follows that. */
class Watched {
  revision = 0;
  over = false;

  constructor(operation, sink) {
    this.operation = operation;
    this.sink = sink;
  }

  /** What is sent, each time anew. */
  get request() {
    const extensions = { live: { format: 'rfc6902' }, ...this.operation.extensions };
    if (this.cursor) extensions.resume = { ...extensions.resume, after: this.cursor };
    return { ...this.operation, extensions };
  }

  /** Show a result; false where it does not follow the last one, and nothing is shown. */
  take({ revision, patch, ...result }) {
    if (revision > 1) {
      if (revision !== this.revision + 1) return false;
      try {
        result.data = patched(this.data, patch);
      } catch {
        return false;
      }
    } else if (result.data) {
      result.data = shared(this.data, result.data);
    }
    if (revision) this.revision = revision;
    if (result.data) this.data = result.data;
    this.cursor = result.extensions?.cursor ?? this.cursor;
    this.#show(result);
    return true;
  }

  #show(result) {
    try {
      this.sink.next(result);
    } catch (error) {
      // The program's own mistake: told as such, and none of the connection's.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  /** Nothing that was shown is followed any more. */
  restart() {
    this.revision = 0;
  }
}
