// Server-sent events, by fetch: unlike an EventSource it sends headers. Each operation is a request of its own.
import { finish, QUIET_MS, verdict } from './endings.js';

export function streams(hub) {
  const open = new Map();

  async function run(one) {
    let [reason, tries] = ['begin', 0];
    while (!one.over) {
      hub.state('connecting');
      const began = new Progress();
      open.set(one, began);
      let found = 'again';
      try {
        found = await attempt(one, await hub.token(reason), began);
      } catch {
        // The network, or the page: it is tried again.
      }
      began.end();
      if (one.over || found === 'done') break;
      if (began.results) tries = 0;
      reason = found === 'expired' ? 'expired' : 'begin';
      if (found === 'again') hub.state('waiting');
      const ms = !tries && found !== 'again' ? Math.random() * 200 : hub.pause(tries);
      tries += 1;
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
    open.delete(one);
  }

  /** One response, up to its end: 'done', 'expired', 'gap' (ask anew) or 'again'. */
  async function attempt(one, token, began) {
    one.restart();
    const headers = { accept: 'text/event-stream', 'content-type': 'application/json' };
    if (token) headers.authorization = `Bearer ${token}`;
    const body = JSON.stringify(one.request);
    const said = { method: 'POST', headers, body, signal: began.signal, cache: 'no-store' };
    const response = await fetch(hub.address, said);
    if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
      return judged(one, (await response.json()).errors ?? []);
    }
    hub.state('open');
    for await (const { event, data } of events(response.body, began)) {
      if (one.over) return 'done';
      if (event === 'complete') return finish(hub, one), 'done';
      const result = JSON.parse(data);
      if (!('data' in result) && !result.patch) return judged(one, result.errors ?? []);
      began.results += 1;
      if (!one.take(result)) return 'gap';
    }
    return 'again';
  }

  function judged(one, errors) {
    const found = verdict(errors);
    if (found !== 'never') return found;
    if (errors.some((error) => error.extensions?.hub === 'HUB-401')) hub.state('refused');
    finish(hub, one, errors);
    return 'done';
  }

  return {
    begin: run,
    end: (one) => open.get(one)?.end(),
    close: () => open.forEach((began) => began.end()),
  };
}

/** A response under way: ended when asked to, or when nothing came for too long (the hub beats each 15 seconds). */
class Progress {
  #controller = new AbortController();
  #timer;
  results = 0;

  constructor() {
    this.beat();
  }

  get signal() {
    return this.#controller.signal;
  }

  beat() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.end(), QUIET_MS * 2);
  }

  end() {
    clearTimeout(this.#timer);
    this.#controller.abort();
  }
}

/** The events of a response's body. */
async function* events(body, began) {
  let text = '';
  const decoder = new TextDecoder();
  for (const reader = body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) return;
    began.beat();
    text += decoder.decode(value, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop();
    for (const block of blocks) {
      const found = { event: 'message', data: '' };
      for (const line of block.split('\n')) {
        const [, name, said] = /^(event|data): ?(.*)$/.exec(line) ?? [];
        if (name) found[name] = said;
      }
      if (found.event === 'next' || found.event === 'complete') yield found;
    }
  }
}
