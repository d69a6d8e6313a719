// The hub's own module against a server that does what it is told: {"passed": [...]}, or an assertion that failed.
//
//   node live_module.mjs ws | sse
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { connect } from '../../hub/web/static/live.js';

const carrier = process.argv[2];
const rows = (...names) => ({ rows: names.map((name) => ({ id: name, of: { name } })), other: { n: 1 } });
const change = (name) => ({ op: 'replace', path: '/rows/0/of/name', value: name });
const failed = (code, hub) => ({ errors: [{ message: code, extensions: { code, hub } }] });

/** What a test hears, one after the other. */
class Heard {
  #kept = [];
  #waiting = [];
  /** What comes within a moment is not looked at. */
  async clear() {
    await new Promise((resolve) => setTimeout(resolve, 20));
    this.#kept = [];
  }
  add(what) {
    const first = this.#waiting.shift();
    if (first) first(what);
    else this.#kept.push(what);
  }
  async next() {
    if (this.#kept.length) return this.#kept.shift();
    let timer;
    const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error('nothing was heard')), 5000)));
    return Promise.race([new Promise((resolve) => this.#waiting.push(resolve)), late]).finally(() => clearTimeout(timer));
  }
}

/** A server: `asked` are operations as they come, each with `send(result)`, `complete()` and `drop(code)`. */
const asked = new Heard();
const began = new Heard(); // the token of each connection or request
const told = new Heard(); // everything else that a socket's client says
let refusal = null; // what the next connection or request gets

const server = createServer(async (request, response) => {
  began.add((request.headers.authorization ?? '').replace('Bearer ', ''));
  if (refusal) {
    response.writeHead(refusal.status, { 'content-type': 'application/json' });
    return response.end(JSON.stringify(refusal.body), () => (refusal = null));
  }
  let body = '';
  for await (const piece of request) body += piece;
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  response.write('retry: 2000\n\n:\n\n');
  const send = (result) => {
    const bytes = Buffer.from(`id: 1\nevent: next\ndata: ${JSON.stringify(result)}\n\n`);
    response.write(bytes.subarray(0, 40)), response.write(bytes.subarray(40));
  };
  response.on('close', () => told.add('left'));
  asked.add({ payload: JSON.parse(body), send, complete: () => response.end('event: complete\ndata: \n\n'), drop: () => response.end() });
});
const sockets = new WebSocketServer({ server, handleProtocols: (offered) => [...offered][0] });
sockets.on('connection', (socket) => {
  socket.on('close', (code) => told.add(`closed ${code}`));
  socket.on('message', (data) => {
    const { id, type, payload } = JSON.parse(data);
    const say = (message) => socket.send(JSON.stringify(message));
    if (type === 'connection_init') {
      began.add(payload.token ?? '');
      if (refusal) return socket.close(refusal.close), (refusal = null);
      say({ type: 'connection_ack' });
    } else if (type === 'subscribe') {
      const send = (result) => (!('data' in result) && !result.patch ? say({ id, type: 'error', payload: result.errors }) : say({ id, type: 'next', payload: result }));
      asked.add({ id, payload, send, say, complete: () => say({ id, type: 'complete' }), drop: (code = 1012) => socket.close(code) });
    } else told.add(type === 'complete' ? `complete ${id}` : `${type} ${JSON.stringify(payload ?? null)}`);
  });
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${server.address().port}/graphql`;

/** A client that watches one operation: `results`, `states` and `pauses` are heard. */
function watching(operation = { query: 'query @live { rows }' }) {
  const [results, errors, states, pauses, reasons] = [new Heard(), new Heard(), [], [], []];
  const token = (reason) => (reasons.push(reason), `t${reasons.length}`);
  const pause = (tries) => (pauses.push(tries), 1);
  const hub = connect({ url, transport: carrier, token, pause, state: (state) => states.push(state) });
  const next = (result) => results.add(result);
  const stop = hub.watch(operation, { next, error: (each) => errors.add(each), complete: () => results.add('complete') });
  return { hub, stop, results, errors, states, pauses, reasons };
}

/** A client that has seen its first result. */
async function begun(operation) {
  const client = watching(operation);
  assert.equal(await began.next(), 't1');
  const first = await asked.next();
  first.send({ data: rows('a', 'b'), revision: 1 });
  return { ...client, first, shown: (await client.results.next()).data };
}

/** Wherever the client has to ask anew: it shows what comes, and keeps the objects that are the same. */
async function afresh({ results, shown, hub }) {
  const again = await asked.next();
  again.send({ data: rows('c', 'b'), revision: 1 });
  const { data } = await results.next();
  assert.deepEqual(data, rows('c', 'b'));
  assert.equal(data.rows[1], shown.rows[1]);
  assert.equal(data.other, shown.other);
  hub.close();
}

const tests = {
  async 'patches are asked for and applied, and what they do not touch stays the same object'() {
    const { hub, first, shown, results } = await begun();
    assert.deepEqual(first.payload, { query: 'query @live { rows }', extensions: { live: { format: 'rfc6902' } } });
    first.send({ patch: [change('x')], revision: 2, errors: [{ message: 'one' }] });
    const second = await results.next();
    assert.deepEqual(second, { data: { rows: [{ id: 'a', of: { name: 'x' } }, shown.rows[1]], other: shown.other }, errors: [{ message: 'one' }] });
    assert.equal(second.data.rows[1], shown.rows[1]);
    assert.equal(second.data.other, shown.other);
    assert.deepEqual(shown, rows('a', 'b'), 'nothing that was shown is changed');
    first.send({ patch: [{ op: 'move', from: '/rows/1', path: '/rows/0' }], revision: 3 });
    const third = await results.next();
    assert.equal(third.data.rows[0], shown.rows[1]);
    assert.equal(third.data.rows[1], second.data.rows[0]);
    hub.close();
  },
  async 'a result without a revision is shown and breaks no chain'() {
    const { hub, first, results } = await begun();
    first.send({ data: null, errors: [{ message: 'one' }] });
    assert.deepEqual(await results.next(), { data: null, errors: [{ message: 'one' }] });
    first.send({ patch: [change('x')], revision: 2 });
    assert.equal((await results.next()).data.rows[0].of.name, 'x');
    hub.close();
  },
  async 'a gap makes it ask anew'() {
    const client = await begun();
    client.first.send({ patch: [change('x')], revision: 3 });
    await afresh(client);
  },
  async 'a patch that leads nowhere makes it ask anew'() {
    const client = await begun();
    for (const path of ['/rows/9/of', '/rows/length', '/none', '/__proto__/x', '/rows/0/of/name/x']) {
      client.first.send({ patch: [change('x'), { op: 'replace', path, value: 1 }], revision: 2 });
      client.first = await asked.next();
      client.first.send({ data: rows('a', 'b'), revision: 1 });
      assert.equal((await client.results.next()).data, client.shown, 'an equal answer is the same object');
    }
    client.first.send({ patch: [{ op: 'sing' }], revision: 2 });
    await afresh(client);
  },
  async 'a connection that is lost comes again'() {
    const client = await begun();
    client.first.drop();
    assert.equal(await began.next(), 't2');
    await afresh(client);
    assert.deepEqual(client.reasons, ['begin', 'begin']);
  },
  async 'a token that ran out is asked for anew'() {
    const client = await begun();
    refusal = { close: 4403, status: 401, body: failed('UNAUTHENTICATED', 'HUB-402') };
    client.first.drop();
    assert.equal(await began.next(), 't2');
    assert.equal(await began.next(), 't3');
    await afresh(client);
    assert.deepEqual(client.reasons, ['begin', 'begin', 'expired']);
  },
  async 'a bad token is final'() {
    refusal = { close: 4401, status: 401, body: failed('UNAUTHENTICATED', 'HUB-401') };
    const { errors, states } = watching();
    assert.equal(await began.next(), 't1');
    assert.equal((await errors.next()).length, 1);
    assert.equal(states.at(-1), 'refused');
  },
  async 'what is refused is final, and what the hub could not do is tried again'() {
    const client = await begun();
    client.first.send(failed('UNAVAILABLE', 'HUB-503'));
    if (carrier === 'sse') await began.next();
    client.first = await asked.next();
    client.first.send(failed('FORBIDDEN', 'HUB-403'));
    assert.equal((await client.errors.next())[0].extensions.hub, 'HUB-403');
  },
  async 'pauses grow until something is shown'() {
    const { hub, results, pauses } = watching();
    for (let n = 0; n < 4; n += 1) {
      await began.next();
      (await asked.next()).drop(1011);
    }
    const last = await asked.next();
    await began.next();
    assert.deepEqual(pauses, [0, 1, 2, 3]);
    last.send({ data: rows('a'), revision: 1 });
    await results.next();
    last.drop(1011);
    await began.next();
    await asked.next();
    assert.deepEqual(pauses, [0, 1, 2, 3, 0]);
    hub.close();
  },
  async 'a subscription goes on behind its last cursor'() {
    const { hub, first, results } = await begun({ query: 'subscription { n }', variables: { a: 1 } });
    first.send({ data: { n: 1 }, extensions: { cursor: 'c1' } });
    await results.next();
    first.drop();
    const again = await asked.next();
    assert.deepEqual(again.payload.extensions.resume, { after: 'c1' });
    assert.deepEqual(again.payload.variables, { a: 1 });
    again.complete();
    assert.equal(await results.next(), 'complete');
    await began.next();
    hub.close();
  },
  async 'who stops hears nothing more, and the connection goes with the last one'() {
    const { stop, first } = await begun();
    await told.clear();
    stop();
    if (carrier === 'ws') assert.equal(await told.next(), `complete ${first.id}`);
    assert.equal(await told.next(), carrier === 'ws' ? 'closed 1000' : 'left');
  },
};
if (carrier === 'ws') {
  tests['a token is renewed on its socket'] = async () => {
    const { hub, first, reasons } = await begun();
    first.say({ type: 'ping', payload: { exp: 1 } });
    const heard = [];
    while (heard.length < 2) heard.push(await told.next());
    assert.deepEqual(heard.slice(-2), ['pong {"exp":1}', 'ping {"token":"t2"}']);
    assert.deepEqual(reasons, ['begin', 'expiring']);
    hub.close();
  };
}

const passed = [];
for (const [name, test] of Object.entries(tests)) {
  await test().catch((error) => {
    throw new Error(name, { cause: error });
  });
  await Promise.all([told, began, asked].map((each) => each.clear()));
  passed.push(name);
}
process.stdout.write(JSON.stringify({ passed }) + '\n', () => process.exit(0));
