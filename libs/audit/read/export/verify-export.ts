import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { BatonError } from '@baton/kernel';
import type { VerifierKey } from '@baton/platform/keys';
import { leafText, placeText, type LogPlace } from '../proof/log-tree.projection';
import { GrowingTree, isConsistent, leafHash, rootByInclusion, type Hash } from '../proof/merkle.rules';
import { openNote, type LogHead } from '../proof/note';
import {
  isUnfiltered,
  passesLogFilter,
  type ExportEnd,
  type LogExportHeader,
  type LogExportLine,
} from './export.rules';

/** What whoever verifies knows from elsewhere. */
export interface Trust {
  /** The verifier keys of the log, pasted. */
  readonly keys: readonly VerifierKey[];
  /** Notes of heads that were kept before. */
  readonly heads?: readonly string[];
}
/** What was verified. */
export interface Verified {
  readonly kind: 'log' | 'events' | 'event' | 'consistency';
  readonly log: string;
  /** Size of the log that the newest head covers. */
  readonly size: number;
  /** Events that were verified. */
  readonly events: number;
  readonly heads: number;
  readonly signedAt: string;
}

/** The step that failed: its code is `verify/<step>`. */
const failed = (code: string, message: string, line?: number): BatonError =>
  new BatonError(
    code,
    line === undefined ? message : `Line ${line}: ${message}`,
    line === undefined ? '' : `line ${line}`,
  );

type Fields = Readonly<Record<string, unknown>>;
/** A line as the writer makes it: this JSON, these fields in this order, and nothing else. */
const parseLine = <T>(text: string, fields: readonly string[], optional: readonly string[], line: number): T => {
  let value: Fields;
  try {
    value = JSON.parse(text) as Fields;
  } catch {
    throw failed('verify/form', 'It is not JSON.', line);
  }
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const names = isObject ? Object.keys(value) : [];
  const expected = [...fields, ...optional].filter((name) => fields.includes(name) || names.includes(name));
  if (JSON.stringify(value) !== text || [...names].sort().join() !== expected.sort().join())
    throw failed('verify/form', `It must have the fields ${fields.join(', ')}, as Baton writes them.`, line);
  return value as T;
};
/** Whether a value can be a leaf: what else it says is in its hash. */
const assertLeaf = (leaf: unknown, line?: number): void => {
  const { type, stream, meta } = (typeof leaf === 'object' && leaf !== null ? leaf : {}) as Fields;
  if (typeof type !== 'string' || typeof stream !== 'string' || typeof meta !== 'object' || meta === null)
    throw failed('verify/form', 'An event must have a type, a stream and meta.', line);
};
const hashOf = (text: unknown, line?: number): Hash => {
  const hash = Buffer.from(typeof text === 'string' ? text : '', 'base64');
  if (hash.length !== 32 || hash.toString('base64') !== text)
    throw failed('verify/form', 'A hash must be 32 bytes in base64.', line);
  return hash;
};
const hashesOf = (texts: unknown, line?: number): Hash[] => {
  if (!Array.isArray(texts)) throw failed('verify/form', 'A proof must be a list of hashes.', line);
  return texts.map((text) => hashOf(text, line));
};

const openHead = (note: unknown, keys: readonly VerifierKey[], what: string): LogHead => {
  try {
    return openNote(String(note), keys);
  } catch (error) {
    throw failed('verify/head', `${what}: ${(error as Error).message}`);
  }
};

/** Checks the header and its heads. */
const openHeader = (text: string, { keys, heads: kept = [] }: Trust) => {
  const fields = ['export', 'version', 'log', 'size', 'verifierKeys', 'heads'];
  const header = parseLine<LogExportHeader>(text, fields, ['filter'], 1);
  if (header.export !== 'log' || header.version !== 1)
    throw failed('verify/header', 'It must be an export of a log, version 1.', 1);
  if (!Array.isArray(header.verifierKeys) || !Array.isArray(header.heads) || header.heads.length === 0)
    throw failed('verify/header', 'It must have verifier keys and heads.', 1);
  const unknown = header.verifierKeys.find((key) => !keys.some((known) => known.text === key));
  if (unknown !== undefined)
    throw failed('verify/key', `The export names the key ${String(unknown)}, which you did not give.`, 1);
  const heads = header.heads.map((note, at) => openHead(note, keys, `Head ${at + 1} of the export`));
  const last = heads.at(-1)!;
  const isOrdered = heads.every((head, at) => at === 0 || head.size > heads[at - 1]!.size);
  if (!isOrdered || last.size !== header.size || heads.some(({ origin }) => origin !== header.log))
    throw failed('verify/head', 'The heads must be of this log, grow, and end at its size.', 1);
  const own = kept.map((note, at) => openHead(note, keys, `Head ${at + 1} that you kept`));
  for (const { size, origin } of own) {
    if (origin !== header.log) throw failed('verify/fork', `The head that you kept is of the log ${origin}.`);
    if (size > last.size)
      throw failed(
        'verify/fork',
        `You kept a head of ${size} events; this export ends at ${last.size}: events are missing, or it is older.`,
      );
  }
  const filter = header.filter ?? {};
  if (header.filter && (isUnfiltered(filter) || heads.length > 1))
    throw failed('verify/header', 'An export with a filter has one head.', 1);
  return { header, filter, heads, own, last };
};

const sameRoots = (
  head: LogHead,
  events: Hash | undefined,
  places: Hash | undefined,
): 'event' | 'place' | undefined => {
  if (!events?.equals(head.root)) return 'event';
  return places?.equals(head.places) ? undefined : 'place';
};

/**
 * Checks that an event and its place lead to a head by their proofs.
 * @throws BatonError `verify/form`, `verify/proof`, `verify/place`
 */
const assertLeadsTo = (
  head: LogHead,
  index: number,
  {
    event,
    proof,
    place,
    placeProof,
  }: Readonly<Record<'proof' | 'placeProof', unknown>> & {
    readonly event: LogExportLine['event'];
    readonly place: LogPlace;
  },
  line?: number,
): void => {
  const isIndex = Number.isSafeInteger(index) && index >= 0;
  const rootBy = (leaf: string, hashes: unknown) =>
    isIndex ? rootByInclusion(index, head.size, leafHash(leaf), hashesOf(hashes, line)) : undefined;
  const different = sameRoots(head, rootBy(leafText(event), proof), rootBy(placeText(place), placeProof));
  if (different === 'event')
    throw failed('verify/proof', 'The event and its proof do not lead to the signed head.', line);
  if (different)
    throw failed('verify/place', 'Position and time, and their proof, do not lead to the signed head.', line);
};

/** All events, in order: both trees grow with them and must have the roots of every head. */
const wholeLog = ({ heads, own }: Pick<ReturnType<typeof openHeader>, 'heads' | 'own'>) => {
  const [tree, places] = [new GrowingTree(), new GrowingTree()];
  const due = [...heads.map((head) => ({ head, kept: false })), ...own.map((head) => ({ head, kept: true }))];
  const compare = (): void => {
    for (const { head, kept } of due) {
      if (head.size !== tree.size) continue;
      const different = sameRoots(head, tree.root(), places.root());
      if (!different) continue;
      if (kept) throw failed('verify/fork', `The head of ${head.size} events that you kept is of another history.`);
      throw different === 'event'
        ? failed('verify/root', `The first ${head.size} events are not those of the signed head.`)
        : failed(
            'verify/place',
            `Positions or times of the first ${head.size} events are not those of the signed head.`,
          );
    }
  };
  compare();
  return (line: LogExportLine, at: number): void => {
    if (line.index !== tree.size) throw failed('verify/order', `The event must have the index ${tree.size}.`, at);
    tree.add(leafHash(leafText(line.event)));
    places.add(leafHash(placeText(line)));
    compare();
  };
};
/** Some events: each with its proofs. */
const someEvents = ({ filter, last }: Pick<ReturnType<typeof openHeader>, 'filter' | 'last'>) => {
  let before = -1;
  return (line: LogExportLine, at: number): void => {
    const { index, event, proof, placeProof } = line;
    if (!Number.isSafeInteger(index) || index <= before || index >= last.size)
      throw failed('verify/order', 'Indexes must grow and be less than the size of the log.', at);
    before = index;
    if (!passesLogFilter(filter, event, line))
      throw failed('verify/filter', 'The event is not one that the filter asks for.', at);
    assertLeadsTo(last, index, { event, proof, place: line, placeProof }, at);
  };
};

/**
 * Verifies an export of the log without Baton: that it is what the signed heads state.
 * @param lines of an NDJSON export, without their line breaks
 * @throws BatonError `verify/…`: the step that failed
 */
export const verifyLogExport = async (lines: AsyncIterable<string>, trust: Trust): Promise<Verified> => {
  const hash = createHash('sha256');
  let opened: ReturnType<typeof openHeader> | undefined;
  let check: ((line: LogExportLine, at: number) => void) | undefined;
  let [at, events, position] = [0, 0, ''];
  let [pending, end]: [string | undefined, ExportEnd | undefined] = [undefined, undefined];
  const take = (text: string): void => {
    at++;
    hash.update(`${text}\n`);
    if (!opened) {
      opened = openHeader(text, trust);
      const { header, own, last } = opened;
      if (header.filter && own.some(({ size }) => size !== last.size))
        throw failed('verify/fork', 'A head that you kept can be compared with an export of all events only.');
      if (header.filter)
        for (const head of own)
          if (sameRoots(head, last.root, last.places))
            throw failed('verify/fork', 'The head that you kept is of another history.');
      check = header.filter ? someEvents(opened) : wholeLog(opened);
      return;
    }
    const fields = [
      'index',
      'position',
      'recordedAt',
      'event',
      ...(opened.header.filter ? ['proof', 'placeProof'] : []),
    ];
    const line = parseLine<LogExportLine>(text, fields, [], at);
    if (typeof line.position !== 'string' || line.position <= position)
      throw failed('verify/order', 'Positions must grow.', at);
    position = line.position;
    assertLeaf(line.event, at);
    events++;
    check!(line, at);
  };
  for await (const text of lines) {
    if (pending !== undefined) take(pending);
    pending = text;
  }
  if (pending === undefined || !opened)
    throw failed('verify/end', 'The export is empty, or ends after its first line.');
  end = parseLine<ExportEnd>(pending, ['rows', 'sha256'], [], at + 1);
  const { header, heads, own, last } = opened;
  if (end.rows !== events || (!header.filter && events !== last.size))
    throw failed(
      'verify/end',
      `There must be ${header.filter ? end.rows : last.size} events, and there are ${events}.`,
      at + 1,
    );
  if (end.sha256 !== hash.digest('hex'))
    throw failed('verify/end', 'The checksum is not that of the lines before.', at + 1);
  const kind = header.filter ? 'events' : 'log';
  return { kind, log: header.log, size: last.size, events, heads: heads.length + own.length, signedAt: last.signedAt };
};

interface EventProof {
  readonly index: number;
  readonly size: number;
  readonly eventId: string;
  readonly leaf: LogExportLine['event'];
  readonly hashes: unknown;
  readonly root: string;
  readonly position: string;
  readonly recordedAt: string;
  readonly placeHashes: unknown;
  readonly places: string;
  readonly note: string | null;
}
interface ContinuationProof {
  readonly from: number;
  readonly to: number;
  readonly hashes: unknown;
  readonly placeHashes: unknown;
  readonly fromRoot: string;
  readonly toRoot: string;
  readonly fromNote: string | null;
  readonly toNote: string | null;
}

/**
 * Verifies the proof of an event (`inclusionProof`, `baton proof event --json`), or that one head continues another
 * (`consistencyProof`).
 * @throws BatonError `verify/…`
 */
export const verifyProof = (text: string, { keys, heads: kept = [] }: Trust): Verified => {
  const line = text.trimEnd();
  if (line.startsWith('{"from":')) {
    const names = ['from', 'to', 'hashes', 'placeHashes', 'fromRoot', 'toRoot', 'fromNote', 'toNote'];
    const proof = parseLine<ContinuationProof>(line, names, [], 1);
    const own = kept
      .map((note) => openHead(note, keys, 'The head that you kept'))
      .find(({ size }) => size === proof.from);
    const [from, to] = [
      own ?? openHead(proof.fromNote, keys, 'The earlier head'),
      openHead(proof.toNote, keys, 'The later head'),
    ];
    if (proof.fromNote !== null) {
      const stated = openHead(proof.fromNote, keys, 'The earlier head');
      if (sameRoots(stated, from.root, from.places))
        throw failed('verify/fork', 'The head that you kept is of another history.');
    }
    if (
      from.origin !== to.origin ||
      from.size !== proof.from ||
      to.size !== proof.to ||
      !from.root.equals(hashOf(proof.fromRoot)) ||
      !to.root.equals(hashOf(proof.toRoot))
    )
      throw failed('verify/head', 'The heads are not those that the proof states.');
    const places = (head: LogHead) => ({ size: head.size, root: head.places });
    if (
      !isConsistent(from, to, hashesOf(proof.hashes)) ||
      !isConsistent(places(from), places(to), hashesOf(proof.placeHashes))
    )
      throw failed('verify/fork', 'The later head does not continue the earlier one.');
    return { kind: 'consistency', log: to.origin, size: to.size, events: 0, heads: 2, signedAt: to.signedAt };
  }
  const names = [
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
  const proof = parseLine<EventProof>(line, names, [], 1);
  assertLeaf(proof.leaf, 1);
  if (proof.note === null) throw failed('verify/head', 'The proof has no signed head; ask for one of a signed size.');
  const head = openHead(proof.note, keys, 'The head');
  if (
    head.size !== proof.size ||
    !head.root.equals(hashOf(proof.root)) ||
    !head.places.equals(hashOf(proof.places)) ||
    proof.leaf.id !== proof.eventId
  )
    throw failed('verify/head', 'The head is not that which the proof states.');
  const { index, leaf: event, hashes, placeHashes } = proof;
  assertLeadsTo(head, index, { event, proof: hashes, place: proof, placeProof: placeHashes });
  return { kind: 'event', log: head.origin, size: head.size, events: 1, heads: 1, signedAt: head.signedAt };
};

/**
 * The lines of a file, without their line breaks.
 * @throws BatonError `verify/end` if the last line has none: the file was cut short
 */
export async function* linesOfFile(path: string): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of createReadStream(path, 'utf8')) {
    const texts = (rest + (chunk as string)).split('\n');
    rest = texts.pop()!;
    yield* texts;
  }
  if (rest !== '') throw failed('verify/end', 'The last line is not complete.');
}

/** Verifies a file: an export of the log, or a proof. @throws BatonError `verify/…` */
export const verifyFile = async (path: string, trust: Trust): Promise<Verified> => {
  for await (const first of linesOfFile(path))
    if (/^\{"(index|from)":/.test(first)) {
      const [only, ...more] = (await readFile(path, 'utf8')).split('\n');
      if (more.join('') !== '') throw failed('verify/form', 'A proof is one line.');
      return verifyProof(only!, trust);
    } else break;
  return verifyLogExport(linesOfFile(path), trust);
};
