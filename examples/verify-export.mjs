// For auditors: verifies an export of the log, or a proof of one event, without Baton. One file that uses no package and
// nothing of Baton: read it, or have it read, and run it on a machine of your own with Node 20, or load it in a browser
// (`import { verify } from './verify-export.mjs'`), where it uses WebCrypto.
//
// node verify-export.mjs log.ndjson --key 'baton-1f…+0a1b2c3d+AQ…' [--key …] [--head kept-head.txt …]
//
// The key is the one that you were given, not one from the export. A head that you kept earlier shows whether the history
// before it was changed since. Exit code 0: everything is as signed; 1: the step that failed is printed.

const encoder = new TextEncoder();
const bytesOf = (base64) => {
  if (typeof base64 !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) return undefined;
  try {
    const text = atob(base64);
    // Only the one spelling: bits that nobody reads must be zero.
    return btoa(text) === base64 ? Uint8Array.from(text, (letter) => letter.charCodeAt(0)) : undefined;
  } catch {
    return undefined;
  }
};
const join = (...parts) => {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
};
const equal = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at]);
const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

// Node's own SHA-256 where there is one, as it answers at once; WebCrypto elsewhere.
const nodeCrypto = globalThis.process?.getBuiltinModule?.('node:crypto');
const sha256 = nodeCrypto
  ? (bytes) => new Uint8Array(nodeCrypto.createHash('sha256').update(bytes).digest())
  : async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));

/** What failed: the step, the line if it is one, and why. */
export class NotVerified extends Error {
  constructor(step, why, line) {
    super(`${step}${line === undefined ? '' : ` (line ${line})`}: ${why}`);
    this.step = step;
    this.line = line;
  }
}

// --- The tree of RFC 6962 -------------------------------------------------------------------------------------------------

const leafHash = (text) => sha256(join(Uint8Array.of(0), encoder.encode(text)));
const nodeHash = (left, right) => sha256(join(Uint8Array.of(1), left, right));

/** Keeps the hash of each complete subtree that is not yet part of a larger one, the largest first. */
class Tree {
  size = 0;
  peaks = [];
  async add(leaf) {
    let peak = { hash: leaf, size: 1 };
    while (this.peaks.at(-1)?.size === peak.size) {
      const left = this.peaks.pop();
      peak = { hash: await nodeHash(left.hash, peak.hash), size: 2 * peak.size };
    }
    this.peaks.push(peak);
    this.size++;
  }
  async root() {
    if (this.size === 0) return sha256(new Uint8Array());
    let root = this.peaks.at(-1).hash;
    for (const { hash } of this.peaks.slice(0, -1).reverse()) root = await nodeHash(hash, root);
    return root;
  }
}

/** The largest power of two below a size. */
const halfOf = (size) => {
  let half = 1;
  while (2 * half < size) half *= 2;
  return half;
};
/** The root that a path leads to, by its recursive definition (2.1.1); undefined if the path has another length. */
const rootOfPath = async (leaf, index, size, path) => {
  if (size === 1) return path.length === 0 ? leaf : undefined;
  if (path.length === 0) return undefined;
  const [rest, sibling, half] = [path.slice(0, -1), path.at(-1), halfOf(size)];
  const left = index < half;
  const below = await rootOfPath(leaf, left ? index : index - half, left ? half : size - half, rest);
  if (!below) return undefined;
  return left ? nodeHash(below, sibling) : nodeHash(sibling, below);
};
/** The roots of both trees that a consistency proof leads to, by its recursive definition (2.1.2). */
const rootsOfProof = async (from, to, proof, oldRoot, whole = true) => {
  if (from === to) {
    if (whole) return proof.length === 0 ? [oldRoot, oldRoot] : undefined;
    return proof.length === 1 ? [proof[0], proof[0]] : undefined;
  }
  if (proof.length === 0) return undefined;
  const [rest, sibling, half] = [proof.slice(0, -1), proof.at(-1), halfOf(to)];
  if (from <= half) {
    const below = await rootsOfProof(from, half, rest, oldRoot, whole);
    return below && [below[0], await nodeHash(below[1], sibling)];
  }
  const below = await rootsOfProof(from - half, to - half, rest, oldRoot, false);
  return below && [await nodeHash(sibling, below[0]), await nodeHash(sibling, below[1])];
};

// --- Canonical JSON (RFC 8785) --------------------------------------------------------------------------------------------

/** Fields sorted by their UTF-16 units; texts and numbers as JSON.stringify writes them, as the RFC says. */
const canonical = (value) => {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
};

// --- Signed heads (C2SP signed-note, tlog-checkpoint) ---------------------------------------------------------------------

/** A verifier key, `name+id+key`. */
export const readKey = async (text) => {
  const [, name, id, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text.trim()) ?? [];
  const bytes = bytesOf(encoded);
  const wrong = () => new NotVerified('key', `${text} is not a verifier key, name+id+key`);
  if (!bytes || bytes.length !== 33 || bytes[0] !== 1) throw wrong();
  if (hexOf((await sha256(join(encoder.encode(`${name}\n`), bytes))).slice(0, 4)) !== id) throw wrong();
  const key = await crypto.subtle.importKey('raw', bytes.slice(1), { name: 'Ed25519' }, false, ['verify']);
  return { text: text.trim(), name, id, key };
};

/** The head of a note that one of the keys signed. */
const readHead = async (note, keys, what) => {
  const wrong = (why) => new NotVerified('head', `${what} ${why}`);
  const end = typeof note === 'string' ? note.lastIndexOf('\n\n') : -1;
  if (end < 0 || !note.endsWith('\n')) throw wrong('is not a signed note');
  const text = note.slice(0, end + 1);
  let signed = false;
  for (const line of note.slice(end + 2, -1).split('\n')) {
    const [, name, encoded] = /^— ([^\s+]+) (\S+)$/u.exec(line) ?? [];
    const bytes = bytesOf(encoded);
    if (!bytes || bytes.length < 5) throw wrong('has a malformed signature');
    const known = keys.find((key) => key.name === name && key.id === hexOf(bytes.slice(0, 4)));
    if (!known) continue; // of a witness
    const fits = await crypto.subtle.verify({ name: 'Ed25519' }, known.key, bytes.slice(4), encoder.encode(text));
    if (!fits) throw wrong('was changed: its signature does not fit');
    signed = true;
  }
  if (!signed) throw wrong('is not signed by a key that you gave');
  const form = /^(\S+)\n(0|[1-9]\d{0,14})\n(\S+)\nplaces (\S+)\ntime (\S+)\n$/;
  const [, log, size, root, places, signedAt] = form.exec(text) ?? [];
  const head = { log, size: Number(size), root: bytesOf(root), places: bytesOf(places), signedAt };
  if (head.root?.length !== 32 || head.places?.length !== 32) throw wrong('does not state a size and two roots');
  if (!keys.some(({ name }) => name === log)) throw wrong(`is of the log ${log}, which none of the keys belongs to`);
  return head;
};

// --- Exports and proofs ---------------------------------------------------------------------------------------------------

const readLine = (text, line, names) => {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new NotVerified('form', 'it is not JSON', line);
  }
  const known = value !== null && typeof value === 'object' && Object.keys(value);
  if (!known || JSON.stringify(value) !== text) throw new NotVerified('form', 'it is not as Baton writes it', line);
  if (names && [...known].sort().join() !== [...names].sort().join())
    throw new NotVerified('form', `its fields must be ${names.join(', ')}`, line);
  return value;
};
const readHashes = (texts, line) => {
  const hashes = Array.isArray(texts) ? texts.map(bytesOf) : [undefined];
  if (hashes.some((hash) => hash?.length !== 32))
    throw new NotVerified('form', 'a proof must be hashes in base64', line);
  return hashes;
};
const placeText = ({ position, recordedAt }) => canonical({ position, recordedAt });
const isEvent = (event) =>
  typeof event?.type === 'string' &&
  typeof event.stream === 'string' &&
  typeof event.meta === 'object' &&
  event.meta !== null;

const tests = {
  types: (wanted, { type }) => wanted.includes(type),
  stream: (wanted, { stream }) => stream === wanted,
  category: (wanted, { stream }) => stream.startsWith(`${wanted}-`),
  from: (wanted, { meta }) => meta.occurredAt >= wanted,
  to: (wanted, { meta }) => meta.occurredAt < wanted,
  after: (wanted, _, position) => position > wanted,
  until: (wanted, _, position) => position <= wanted,
};

/** Checks that a leaf and its place, with their proofs, lead to a head. */
const proveEvent = async (head, { index, event, position, recordedAt, proof, placeProof }, line) => {
  const isIndex = Number.isSafeInteger(index) && index >= 0 && index < head.size;
  if (!isIndex) throw new NotVerified('order', 'the index must be less than the size of the log', line);
  const place = placeText({ position, recordedAt });
  const root = await rootOfPath(await leafHash(canonical(event)), index, head.size, readHashes(proof, line));
  if (!root || !equal(root, head.root))
    throw new NotVerified('proof', 'the event and its proof do not lead to the signed head', line);
  const places = await rootOfPath(await leafHash(place), index, head.size, readHashes(placeProof, line));
  if (!places || !equal(places, head.places))
    throw new NotVerified('place', 'position and time do not lead to the signed head', line);
};

const verifyHeader = async (text, keys, kept) => {
  const header = readLine(text, 1);
  const names = [
    'export',
    'version',
    'log',
    'size',
    'verifierKeys',
    'heads',
    ...('filter' in header ? ['filter'] : []),
  ];
  readLine(text, 1, names);
  if (header.export !== 'log' || header.version !== 1)
    throw new NotVerified('header', 'it must be an export of a log, version 1', 1);
  if (!Array.isArray(header.verifierKeys) || !Array.isArray(header.heads))
    throw new NotVerified('header', 'it has no keys or heads', 1);
  for (const key of header.verifierKeys)
    if (!keys.some((known) => known.text === key))
      throw new NotVerified('key', `the export names ${key}, which you did not give`, 1);
  const heads = [];
  for (const note of header.heads) heads.push(await readHead(note, keys, `head ${heads.length + 1} of the export`));
  const own = [];
  for (const note of kept) own.push(await readHead(note, keys, 'the head that you kept'));
  const last = heads.at(-1);
  if (
    !last ||
    last.size !== header.size ||
    heads.some(({ log }, at) => log !== header.log || (at > 0 && heads[at].size <= heads[at - 1].size))
  )
    throw new NotVerified('head', 'the heads must be of this log, grow, and end at its size', 1);
  for (const { log, size } of own) {
    if (log !== header.log || size > header.size)
      throw new NotVerified(
        'fork',
        `you kept a head of ${size} events of ${log}; the export has ${header.size} of ${header.log}`,
      );
    if (header.filter && size !== header.size)
      throw new NotVerified('fork', 'a head that you kept can be compared with all events only');
  }
  if (
    header.filter &&
    (heads.length > 1 ||
      Object.keys(header.filter).length === 0 ||
      Object.keys(header.filter).some((name) => !(name in tests)))
  )
    throw new NotVerified('header', 'an export with a filter has one head and filters that are known', 1);
  return { header, heads, own, last };
};

const verifyLines = async (lines, keys, kept) => {
  let opened;
  let pending;
  let [at, events, before, position] = [0, 0, -1, ''];
  const [tree, places] = [new Tree(), new Tree()];
  // The checksum is over the whole text: kept as a running hash in Node, as parts in a browser.
  const running = nodeCrypto?.createHash('sha256');
  const parts = [];
  const count = (text) => (running ? running.update(`${text}\n`) : parts.push(encoder.encode(`${text}\n`)));
  const compare = async () => {
    const due = [...opened.heads.map((head) => [head, false]), ...opened.own.map((head) => [head, true])];
    for (const [head, isKept] of due.filter(([{ size }]) => size === tree.size)) {
      const [root, placesRoot] = [await tree.root(), await places.root()];
      const fits = [equal(root, head.root), equal(placesRoot, head.places)];
      if (isKept && fits.includes(false))
        throw new NotVerified('fork', `the head of ${head.size} events that you kept is of another history`);
      if (!fits[0]) throw new NotVerified('root', `the first ${head.size} events are not those of the signed head`);
      if (!fits[1])
        throw new NotVerified(
          'place',
          `positions or times of the first ${head.size} events are not those of the signed head`,
        );
    }
  };
  const take = async (text) => {
    at++;
    count(text);
    if (!opened) {
      opened = await verifyHeader(text, keys, kept);
      const { header, own, last } = opened;
      if (!header.filter) return compare();
      if (own.some((head) => !equal(head.root, last.root) || !equal(head.places, last.places)))
        throw new NotVerified('fork', 'the head that you kept is of another history');
      return;
    }
    const { filter } = opened.header;
    const names = ['index', 'position', 'recordedAt', 'event', ...(filter ? ['proof', 'placeProof'] : [])];
    const line = readLine(text, at, names);
    if (!isEvent(line.event)) throw new NotVerified('form', 'an event must have a type, a stream and meta', at);
    if (typeof line.position !== 'string' || line.position <= position)
      throw new NotVerified('order', 'positions must grow', at);
    position = line.position;
    events++;
    if (filter) {
      if (!(line.index > before)) throw new NotVerified('order', 'indexes must grow', at);
      before = line.index;
      if (!Object.entries(filter).every(([name, wanted]) => tests[name](wanted, line.event, position)))
        throw new NotVerified('filter', 'the event is not one that the filter asks for', at);
      return proveEvent(opened.last, line, at);
    }
    if (line.index !== tree.size) throw new NotVerified('order', `the event must have the index ${tree.size}`, at);
    await tree.add(await leafHash(canonical(line.event)));
    await places.add(await leafHash(placeText(line)));
    await compare();
  };
  for await (const text of lines) {
    if (pending !== undefined) await take(pending);
    pending = text;
  }
  if (pending === undefined || !opened)
    throw new NotVerified('end', 'the export is empty, or ends after its first line');
  const end = readLine(pending, at + 1, ['rows', 'sha256']);
  const { header, heads, last } = opened;
  if (end.rows !== events || (!header.filter && events !== last.size))
    throw new NotVerified(
      'end',
      `there are ${events} events, and should be ${header.filter ? end.rows : last.size}`,
      at + 1,
    );
  const sum = running ? running.digest('hex') : hexOf(await sha256(join(...parts)));
  if (end.sha256 !== sum) throw new NotVerified('end', 'the checksum is not that of the lines before', at + 1);
  return {
    kind: header.filter ? 'events' : 'log',
    log: header.log,
    size: last.size,
    events,
    heads: heads.length,
    signedAt: last.signedAt,
  };
};

const eventFields = [
  'index',
  'size',
  'eventId',
  'leaf',
  'hashes',
  'root',
  'position',
  'recordedAt',
  'placeHashes',
  'places',
  'note',
];
const verifyEvent = async (text, keys) => {
  const proof = readLine(text, 1, eventFields);
  const head = await readHead(proof.note, keys, 'the head');
  const [root, places] = [bytesOf(proof.root), bytesOf(proof.places)];
  if (
    head.size !== proof.size ||
    !root ||
    !places ||
    !equal(root, head.root) ||
    !equal(places, head.places) ||
    !isEvent(proof.leaf) ||
    proof.leaf.id !== proof.eventId
  )
    throw new NotVerified('head', 'the head is not that which the proof states');
  await proveEvent(head, { ...proof, event: proof.leaf, proof: proof.hashes, placeProof: proof.placeHashes }, 1);
  return { kind: 'event', log: head.log, size: head.size, events: 1, heads: 1, signedAt: head.signedAt };
};

const continuationFields = ['from', 'to', 'hashes', 'placeHashes', 'fromRoot', 'toRoot', 'fromNote', 'toNote'];
const verifyContinuation = async (text, keys, kept) => {
  const proof = readLine(text, 1, continuationFields);
  const own = [];
  for (const note of kept) own.push(await readHead(note, keys, 'the head that you kept'));
  const stated = proof.fromNote === null ? undefined : await readHead(proof.fromNote, keys, 'the earlier head');
  const from = own.find(({ size }) => size === proof.from) ?? stated;
  if (!from) throw new NotVerified('head', 'there is no signed head of the earlier size');
  const to = await readHead(proof.toNote, keys, 'the later head');
  if (stated && (!equal(stated.root, from.root) || !equal(stated.places, from.places)))
    throw new NotVerified('fork', 'the head that you kept is of another history');
  const [fromRoot, toRoot] = [bytesOf(proof.fromRoot), bytesOf(proof.toRoot)];
  const fits = fromRoot && toRoot && equal(fromRoot, from.root) && equal(toRoot, to.root);
  if (!fits || from.log !== to.log || from.size !== proof.from || to.size !== proof.to || from.size > to.size)
    throw new NotVerified('head', 'the heads are not those that the proof states');
  for (const [tree, hashes] of [
    ['root', proof.hashes],
    ['places', proof.placeHashes],
  ]) {
    const given = readHashes(hashes, 1);
    if (from.size === 0) {
      if (given.length > 0) throw new NotVerified('fork', 'nothing has to be proven of an empty log');
      continue;
    }
    const roots = await rootsOfProof(from.size, to.size, given, from[tree]);
    if (!roots || !equal(roots[0], from[tree]) || !equal(roots[1], to[tree]))
      throw new NotVerified('fork', 'the later head does not continue the earlier one');
  }
  return { kind: 'consistency', log: to.log, size: to.size, events: 0, heads: 2, signedAt: to.signedAt };
};

/**
 * Verifies an export of the log (NDJSON), or the proof of an event or of two heads (JSON).
 * @param lines an iterable of lines without their line breaks, or the whole text
 * @param trust keys: verifier keys as text; heads: notes that you kept
 * @returns what was verified
 * @throws NotVerified with the step that failed
 */
export const verify = async (lines, { keys, heads = [] }) => {
  if (keys.length === 0) throw new NotVerified('key', 'give the verifier key of the log');
  const known = [];
  for (const key of keys) known.push(await readKey(key));
  if (typeof lines === 'string') {
    if (!lines.endsWith('\n')) throw new NotVerified('end', 'the last line is not complete');
    const texts = lines.slice(0, -1).split('\n');
    if (texts.length === 1 && texts[0].startsWith('{"from":')) return verifyContinuation(texts[0], known, heads);
    if (texts.length === 1 && texts[0].startsWith('{"index":')) return verifyEvent(texts[0], known);
    return verifyLines(texts, known, heads);
  }
  return verifyLines(lines, known, heads);
};

// --- On the command line of Node ------------------------------------------------------------------------------------------

/** The lines of a file; a last one without a line break is refused, for the file was cut short. */
const linesOf = async function* (path) {
  const { createReadStream } = await import('node:fs');
  let rest = '';
  for await (const chunk of createReadStream(path, 'utf8')) {
    const texts = (rest + chunk).split('\n');
    rest = texts.pop();
    yield* texts;
  }
  if (rest !== '') throw new NotVerified('end', 'the last line is not complete');
};

const main = async () => {
  const { readFile } = await import('node:fs/promises');
  const { parseArgs } = await import('node:util');
  const many = { type: 'string', multiple: true, default: [] };
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { key: many, head: many } });
  if (positionals.length !== 1)
    throw new NotVerified('file', 'name one file: node verify-export.mjs log.ndjson --key …');
  const trust = { keys: values.key, heads: await Promise.all(values.head.map((path) => readFile(path, 'utf8'))) };
  const [path] = positionals;
  let first;
  for await (const line of linesOf(path)) {
    first = line;
    break;
  }
  const isProof = /^\{"(index|from)":/.test(first ?? '');
  const found = await verify(isProof ? await readFile(path, 'utf8') : linesOf(path), trust);
  console.log(`Verified: ${JSON.stringify(found)}`);
};
const isMain = () => {
  const [, script] = globalThis.process?.argv ?? [];
  return script !== undefined && import.meta.url === process.getBuiltinModule('node:url').pathToFileURL(script).href;
};
if (nodeCrypto && isMain())
  void main().catch((error) => {
    console.error(error instanceof NotVerified ? `NOT VERIFIED, step ${error.message}.` : error);
    process.exitCode = 1;
  });
