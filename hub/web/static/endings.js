// How operations end, and which of them are tried again.

/** A connection that was silent for so long is looked after; after twice as long it is given up. */
export const QUIET_MS = 25_000;

const AGAIN = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'TOO_MANY_REQUESTS', 'STREAM_FAILED', 'INTERNAL']);

/** Whether an operation may be sent again after these errors: 'expired' with another token, 'again' later, or never. */
export function verdict(errors) {
  if (errors.some((error) => error.extensions?.hub === 'HUB-402')) return 'expired';
  return errors.every((error) => AGAIN.has(error.extensions?.code)) ? 'again' : 'never';
}

export function finish(hub, one, errors) {
  one.over = true;
  hub.watched.delete(one);
  if (errors) one.sink.error?.(errors);
  else one.sink.complete?.();
}
