// Results of live queries: never changed in place, so what did not change stays the same object.

/** The document after a patch (RFC 6902); what the patch does not touch is the very same objects. Throws where it does
 * not fit. */
export function patched(document, patch) {
  const mine = new Set(); // copies made for this patch: they may be changed
  const root = { '': document };

  function own(holder, key) {
    const value = holder[key];
    if (value === null || typeof value !== 'object') throw new Error('the patch leads nowhere');
    if (mine.has(value)) return value;
    const copy = Array.isArray(value) ? [...value] : { ...value };
    mine.add(copy);
    return (holder[key] = copy);
  }

  /** Who holds what the pointer names, as a copy, and under which key. */
  function place(pointer, adds = false) {
    const steps = pointer.split('/').map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
    const key = steps.pop();
    let holder = root;
    for (const step of steps) holder = own(holder, checked(holder, step));
    if (Array.isArray(holder) && adds && key === '-') return [holder, holder.length];
    return [holder, checked(holder, key, adds ? 1 : 0)];
  }

  function take(pointer) {
    const [holder, key] = place(pointer);
    if (Array.isArray(holder)) return holder.splice(key, 1)[0];
    const value = holder[key];
    delete holder[key];
    return value;
  }

  function put(pointer, value) {
    const [holder, key] = place(pointer, true);
    if (Array.isArray(holder)) holder.splice(key, 0, value);
    else holder[key] = value;
  }

  for (const { op, path, from, value } of patch) {
    if (op === 'add') put(path, value);
    else if (op === 'remove') take(path);
    else if (op === 'move') put(path, take(from));
    else if (op === 'replace') {
      const [holder, key] = place(path);
      holder[key] = value;
    } else throw new Error(`the patch has an unknown operation: ${op}`);
  }
  return root[''];
}

/** A key that is there; or, with `more` of 1, one that may be added. */
function checked(holder, key, more = 0) {
  const fits = Array.isArray(holder)
    ? /^(0|[1-9]\d*)$/.test(key) && key < holder.length + more
    : key !== '__proto__' && (more || Object.hasOwn(holder, key));
  if (!fits) throw new Error('the patch leads nowhere');
  return key;
}

/** The later value, with the earlier one's objects wherever they are equal; rows are known again by their id. */
export function shared(before, after) {
  if (before === after || before === null || after === null) return after;
  if (typeof before !== 'object' || typeof after !== 'object') return after;
  if (Array.isArray(before) !== Array.isArray(after)) return after;
  return Array.isArray(after) ? sharedList(before, after) : sharedObject(before, after);
}

function sharedList(before, after) {
  const known = new Map(before.map((row) => [named(row), row]));
  const found = after.map((row, place) => {
    const name = named(row);
    return shared(name === named(before[place]) ? before[place] : (known.get(name) ?? before[place]), row);
  });
  return found.length === before.length && found.every((row, place) => row === before[place]) ? before : found;
}

function sharedObject(before, after) {
  const keys = Object.keys(after);
  const found = Object.fromEntries(keys.map((key) => [key, shared(before[key], after[key])]));
  const same = keys.length === Object.keys(before).length && keys.every((key) => found[key] === before[key]);
  return same && keys.every((key) => Object.hasOwn(before, key)) ? before : found;
}

function named(row) {
  const id = row?.id ?? row?.node?.id;
  return id === undefined ? undefined : `${row.__typename} ${id}`;
}
