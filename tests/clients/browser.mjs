// A page in headless Chromium, by its DevTools protocol: what is told is one JSON object a line.
//
//   node browser.mjs '{"chromium": "/usr/bin/chromium", "url": "...", "folder": "...", "looks": 3, "picture": "..."}'
//
// {"page": what LOOK gives}, each time it has become another, `looks` times · {"wrong": what the console says}
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';

const job = JSON.parse(process.argv[2]);
const tell = (line) => process.stdout.write(JSON.stringify(line) + '\n');
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const LOOK = `JSON.stringify({
  state: document.getElementById('status').dataset.state,
  asks: !document.getElementById('sign-in').hidden,
  hash: location.hash,
  total: document.getElementById('total').textContent,
  tables: Object.fromEntries([...document.querySelectorAll('table')].map((table) =>
    [table.id, [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.innerText))])),
})`;

const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'];
const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
// A browser whose pipe ends, ends: however this program does.
const said = [...flags, ...quiet, '--remote-debugging-pipe', `--user-data-dir=${job.folder}`, 'about:blank'];
const browser = spawn(job.chromium, said, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
const [into, from] = browser.stdio.slice(3);

const waiting = new Map();
let number = 0;
let sessionId;
function ask(method, params = {}) {
  into.write(JSON.stringify({ id: (number += 1), method, params, sessionId }) + '\0');
  return new Promise((resolve) => waiting.set(number, resolve));
}
function heard({ id, method, params, result }) {
  if (id) waiting.get(id)(result);
  else if (method === 'Runtime.exceptionThrown') tell({ wrong: params.exceptionDetails.exception?.description ?? params.exceptionDetails.text });
  else if (method === 'Log.entryAdded') tell({ wrong: `${params.entry.text} ${params.entry.url ?? ''}` });
}
let held = '';
from.setEncoding('utf8').on('data', (data) => {
  const messages = (held + data).split('\0');
  held = messages.pop();
  messages.forEach((message) => heard(JSON.parse(message)));
});

const page = (await ask('Target.getTargets')).targetInfos.find((each) => each.type === 'page');
({ sessionId } = await ask('Target.attachToTarget', { targetId: page.targetId, flatten: true }));
for (const domain of ['Runtime', 'Log', 'Page']) await ask(`${domain}.enable`);
await ask('Page.navigate', { url: job.url });
let last;
for (let looks = 0; looks < job.looks; ) {
  const { result } = await ask('Runtime.evaluate', { expression: LOOK });
  if (result.value && result.value !== last) {
    last = result.value;
    looks += 1;
    tell({ page: JSON.parse(last) });
  }
  await pause(100);
}
if (job.picture) {
  const { data } = await ask('Page.captureScreenshot', { format: 'png', captureBeyondViewport: true });
  writeFileSync(job.picture, Buffer.from(data, 'base64'));
}
process.exit(0);
