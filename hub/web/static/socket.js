// graphql-transport-ws: all operations of a connection on one socket.
import { finish, QUIET_MS, verdict } from './endings.js';

const FINAL = new Set([1009, 4400, 4401, 4406, 4409, 4429]); // PROTOCOL.md: coming again would not help

export function socket(hub) {
  const running = new Map();
  let current = null;
  let acknowledged = false;
  let reason = 'begin';
  let [number, tries, misses, heard] = [0, 0, 0, 0];
  let [timer, beat] = [];

  async function open() {
    timer = undefined;
    const mine = (current = {});
    hub.state('connecting');
    let token;
    try {
      token = await hub.token(reason);
    } catch {
      return current === mine && lost();
    }
    if (current !== mine) return;
    const ws = (current = new WebSocket(hub.address.replace(/^http/, 'ws'), 'graphql-transport-ws'));
    ws.onopen = () => send({ type: 'connection_init', payload: token ? { token } : {} });
    ws.onmessage = ({ data }) => current === ws && listen(ws, JSON.parse(data));
    ws.onclose = ({ code }) => current === ws && lost(code);
    heard = Date.now();
    beat = setInterval(() => watchOver(ws), QUIET_MS / 2);
  }

  function send(message) {
    if (current?.readyState === 1) current.send(JSON.stringify(message));
  }

  function subscribe(one) {
    const id = String((number += 1));
    one.restart();
    running.set(id, one);
    send({ id, type: 'subscribe', payload: one.request });
  }

  function unsubscribe(one) {
    for (const [id, each] of running) {
      if (each !== one) continue;
      running.delete(id);
      send({ id, type: 'complete' });
    }
  }

  function listen(ws, { type, id, payload }) {
    heard = Date.now();
    const one = running.get(id);
    if (type === 'connection_ack') {
      acknowledged = true;
      reason = 'begin';
      hub.state('open');
      for (const each of hub.watched) subscribe(each);
    } else if (type === 'ping') {
      send({ type: 'pong', payload });
      if (payload?.exp) renew(ws);
    } else if (type === 'next' && one) {
      tries = 0;
      if (one.take(payload)) misses = 0;
      else anew(one);
    } else if (type === 'error' && one) {
      refused(id, one, payload);
    } else if (type === 'complete' && one) {
      running.delete(id);
      end(one);
    }
  }

  function end(one, errors) {
    finish(hub, one, errors);
    if (!hub.watched.size) close();
  }

  /** Ask for all of it again, at once unless that has just been done. */
  function anew(one) {
    unsubscribe(one);
    misses += 1;
    later(one, misses === 1 ? 0 : hub.pause(misses));
  }

  function later(one, ms) {
    const on = current;
    setTimeout(() => current === on && acknowledged && !one.over && subscribe(one), ms);
  }

  function refused(id, one, errors) {
    running.delete(id);
    if (verdict(errors) === 'never') return end(one, errors);
    later(one, hub.pause((tries += 1)));
  }

  async function renew(ws) {
    try {
      const token = await hub.token('expiring');
      if (current === ws && token) send({ type: 'ping', payload: { token } });
    } catch {
      // The socket closes with 4403 at its time, and another one is asked for then.
    }
  }

  /** A network that went away says nothing: whoever does not answer a ping is gone. */
  function watchOver(ws) {
    const quiet = Date.now() - heard;
    if (current !== ws || quiet < QUIET_MS) return;
    if (quiet < QUIET_MS * 2) return send({ type: 'ping' });
    ws.onclose = null;
    ws.close();
    lost();
  }

  function lost(code) {
    drop();
    if (hub.closed || !hub.watched.size) return;
    if (FINAL.has(code)) {
      hub.state('refused');
      const errors = [{ message: `The connection was refused (${code})`, extensions: { code } }];
      for (const one of [...hub.watched]) finish(hub, one, errors);
      return;
    }
    reason = code === 4403 ? 'expired' : 'begin';
    hub.state('waiting');
    // A token that ran out, or a process that ended, is no failure.
    const ms = !tries && (code === 4403 || code === 1012) ? Math.random() * 200 : hub.pause(tries);
    tries += 1;
    timer = setTimeout(open, ms);
  }

  function drop() {
    clearInterval(beat);
    clearTimeout(timer);
    current = timer = null;
    acknowledged = false;
    running.clear();
  }

  function close() {
    const ws = current;
    drop();
    ws?.close?.(1000);
  }

  return {
    begin(one) {
      if (acknowledged) subscribe(one);
      else if (!current && !timer) open();
    },
    end(one) {
      unsubscribe(one);
      if (!hub.watched.size) close();
    },
    close,
  };
}
