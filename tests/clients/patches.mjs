// Applies patches as clients of live queries do: node patches.mjs FILE, a line {"before", "after", "patch"} each.
//
// {"pairs": how many, "wrong": [the lines' numbers, the first few]}
import { readFileSync } from 'node:fs';
import { applyJSONPatch, applyLiveQueryJSONPatch } from '@n1ru4l/graphql-live-query-patch-json-patch';
import { patched, shared } from '../../hub/web/static/results.js';

const lines = readFileSync(process.argv[2], 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));

/** The text of a value with its keys in order. */
function text(value) {
  if (Array.isArray(value)) return `[${value.map(text)}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => JSON.stringify(key) + ':' + text(value[key]))}}`;
}

async function* results({ before, patch }) {
  yield { data: before, revision: 1 };
  yield { patch, revision: 2 };
}

/** What a program is given last that wraps the results of its client. */
async function shown(line) {
  let last;
  for await (const result of applyLiveQueryJSONPatch(results(line))) last = result.data;
  return last;
}

/** Whether our own module makes the same of it, changes nothing in place, and keeps what the patch does not touch. */
function isOurs({ before, after, patch }, kept) {
  const whole = shared(before, after);
  const first = (pointer) => pointer?.split('/')[1].replaceAll('~1', '/').replaceAll('~0', '~');
  const touched = (key) => patch.some(({ path, from }) => !path || first(path) === key || first(from) === key);
  const made = patched(before, patch);
  return (
    [made, whole].every((each) => text(each) === text(after)) &&
    text(before) === kept &&
    Object.keys(after).every((key) => touched(key) || (made[key] === before[key] && whole[key] === before[key]))
  );
}

const wrong = [];
for (const [number, line] of lines.entries()) {
  const kept = text(line.before);
  const right = text(applyJSONPatch(line.before, line.patch)) === text(line.after);
  if (!right || !isOurs(line, kept) || text(await shown(line)) !== text(line.after)) wrong.push(number);
}
process.stdout.write(JSON.stringify({ pairs: lines.length, wrong: wrong.slice(0, 5) }) + '\n');
