// An example of what live queries are for: the city's figures and its newest cases, drawn when they change.
import { CASES, CONNECTION, REFERRALS } from './labels.js';
import { connect } from './live.js';

const FIGURES = `query Figures @live {
  cases { totalCount }
  states: caseStatistics(by: [STATE]) { state count }
  districts: caseStatistics(by: [DISTRICT]) { district { id name } count }
  referrals: referralStatistics(by: [STATE]) { state count }
}`;

const NEWEST = `query Newest @live {
  cases(first: 20, orderBy: [{ field: REGISTERED_AT, direction: DESC }]) {
    nodes { id number title state disputeType { id zh en } organisation { id name } }
  }
}`;

const find = (id) => document.getElementById(id);
const element = (name, ...children) => {
  const made = document.createElement(name);
  made.append(...children);
  return made;
};

/** 中文 with the English small beside it. */
function words(label) {
  const [zh, en] = label.split(' · ');
  if (!en) return [label];
  const small = element('small', en);
  small.lang = 'en';
  return [`${zh} `, small];
}

/** A table whose rows are drawn anew only where their objects are others: what did not change is the same object. */
function table(id, key, cells) {
  const body = find(id).tBodies[0];
  const drawn = new Map();
  return (rows) => {
    const begun = drawn.size > 0;
    const present = new Set(rows.map(key));
    for (const [name, { row }] of drawn) if (!present.has(name)) row.remove(), drawn.delete(name);
    rows.forEach((of, place) => {
      const name = key(of);
      const known = drawn.get(name);
      const row = known?.row ?? element('tr');
      if (known?.of !== of) {
        const before = [...row.cells].map((cell) => cell.textContent);
        row.replaceChildren(...cells(of, rows));
        if (begun) [...row.cells].forEach((cell, at) => cell.textContent !== before[at] && mark(cell));
        drawn.set(name, { of, row });
      }
      if (body.rows[place] !== row) body.insertBefore(row, body.rows[place] ?? null);
    });
  };
}

/** Show for a moment that this has changed. */
function mark(cell) {
  cell.classList.remove('changed');
  requestAnimationFrame(() => cell.classList.add('changed'));
}

function counted(label, count) {
  const head = element('th', ...words(label));
  head.scope = 'row';
  return [head, element('td', count.toLocaleString())];
}

const drawStates = table('states', (of) => of.state, (of) => counted(CASES[of.state] ?? of.state, of.count));
const drawReferrals = table('referrals', (of) => of.state, (of) => counted(REFERRALS[of.state] ?? of.state, of.count));
const drawDistricts = table('districts', (of) => of.district?.id, (of) => counted(of.district?.name ?? '—', of.count));
const drawNewest = table('newest', (of) => of.id, (of) =>
  [
    [of.number],
    [of.title],
    words(`${of.disputeType?.zh ?? '—'} · ${of.disputeType?.en ?? ''}`),
    [of.organisation?.name ?? '—'],
    words(CASES[of.state] ?? of.state),
  ].map((parts) => element('td', ...parts)),
);

let last;
function drawFigures({ data }) {
  if (!data || data === last) return;
  const total = find('total');
  if (last && last.cases !== data.cases) mark(total);
  total.textContent = data.cases.totalCount.toLocaleString();
  drawStates(data.states);
  drawDistricts(data.districts);
  drawReferrals(data.referrals);
  last = data;
}

function tell(state) {
  const status = find('status');
  status.replaceChildren(...words(CONNECTION[state] ?? state));
  status.dataset.state = state;
  if (state === 'refused') ask();
}

/** Ask for a token; the page begins with it. */
function ask() {
  sessionStorage.removeItem('token');
  find('sign-in').hidden = false;
  find('token').focus();
}

let hub;
function begin(token) {
  hub?.close();
  find('sign-in').hidden = true;
  find('figures').hidden = false;
  hub = connect({ url: '/graphql', token: (reason) => current(reason, token), state: tell, transport: chosen });
  const refused = ([error]) => tell(error.message);
  hub.watch({ query: FIGURES }, { next: drawFigures, error: refused });
  hub.watch({ query: NEWEST }, { next: ({ data }) => data && drawNewest(data.cases.nodes), error: refused });
}

/** A portal asks its sign-in service here; nobody but the reader can give this page another token. */
function current(reason, token) {
  if (reason === 'begin') return token;
  if (reason === 'expired') {
    hub.close();
    tell('refused');
  } else ask();
  return null;
}

// `/live#token=...` begins at once. What stands behind # is never sent to a server.
const said = new URLSearchParams(location.hash.slice(1));
const chosen = said.get('transport') ?? 'ws';
if (said.has('token')) sessionStorage.setItem('token', said.get('token'));
if (location.hash) history.replaceState(null, '', location.pathname);

find('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  const token = find('token').value.trim();
  find('token').value = '';
  sessionStorage.setItem('token', token);
  begin(token);
});

const kept = sessionStorage.getItem('token');
if (kept) begin(kept);
else ask();
