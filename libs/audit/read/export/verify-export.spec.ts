import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { catalogueOf, type EventMeta } from '@baton/kernel';
import { FixedClock, repetitions } from '@baton/kernel/testing';
import { MemoryDocuments, ReadModels } from '@baton/platform/documents';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore, newSigningKey, signingKey, verifierKey } from '@baton/platform/keys';
import { replay, Runner } from '@baton/platform/runner';
import { openDatabase } from '@baton/platform/sqlite';
import { logHeads, type HeadDocument } from '../proof/log-heads.read-model';
import { logTree } from '../proof/log-tree.projection';
import { LogTree } from '../proof/log-tree.query';
import { headText, signNote } from '../proof/note';
import { proveConsistency, proveEvent } from '../proof/proof.report';
import { exportParts } from './export-file';
import { logSource } from './export-sources';
import type { LogExportHeader, LogExportLine, LogFilter } from './export.rules';
import { verifyLogExport, verifyProof, type Verified } from './verify-export';

/** The verifier of the examples, loaded by Node itself: it shares nothing with this code. */
const standAlone = process.getBuiltinModule('node:module').createRequire(__filename)(
  join(__dirname, '../../../../examples/verify-export.mjs'),
) as {
  verify: (text: string, trust: { keys: readonly string[]; heads?: readonly string[] }) => Promise<Verified>;
};

const folder = mkdtempSync(join(tmpdir(), 'baton-verify-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const key = signingKey(newSigningKey('example.org/log'), 'test');
const SIZE = 11;

/** A log of some events, of which the fork says something else from an event on; signed at three sizes. */
const world = async (name: string, fork?: number) => {
  const path = join(folder, `${name}.db`);
  const log = EmbeddedEventLog.open(path, new FixedClock());
  for (let n = 0; n < SIZE; n++) {
    const id = `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
    const meta: EventMeta = {
      ...{ actor: 'ann', origin: 'person', mode: 'live', schema: 1, commandHash: '1.ab', commandId: id },
      ...{ occurredAt: `2023-06-0${1 + (n % 9)}T00:00:00.000Z`, $correlationId: id, $causationId: id },
    };
    const said = fork !== undefined && n >= fork ? 'other' : 'said';
    const data = {
      n,
      said,
      name: { $sealed: 'v1.AAAA' },
      amount: 1.5e-7,
      text: 'ä "q" \\ \u2028 €',
      list: [null, true],
    };
    await log.append(`lead-${n}`, [{ id, type: n % 2 ? 'Odd' : 'Even', data, meta }], 'none');
  }
  const documents = new MemoryDocuments();
  const fence = { lease: 'test', token: 1 };
  const journal = new SealedJournal(log, catalogueOf([]), new MemoryKeyStore());
  await replay({ log, journal, documents }, logTree, 'log-tree-v2', () => fence);
  const models = new ReadModels(documents);
  const tree = await LogTree.open(models);
  const heads: HeadDocument[] = [];
  for (const size of [0, 4, SIZE]) {
    const [root, places] = [await tree.root(size), await tree.root(size, 'places')];
    const signedAt = '2024-01-02T00:00:00.000Z';
    const note = signNote(headText({ origin: key.name, size, root, places, signedAt }), key);
    const [rootText, placesText] = [root.toString('base64'), places.toString('base64')];
    const headId = String(size).padStart(12, '0');
    heads.push({ headId, size, root: rootText, places: placesText, note, verifierKey: key.text, signedAt });
  }
  const collection = { name: 'log-heads-v1', columns: logHeads.columns };
  const rows = heads.map((doc) => ({ id: doc.headId, doc, position: 'a' }));
  const checkpoint = { position: 'a', count: 3, digest: '' };
  await documents.commit({ follower: 'log-heads-v1', checkpoint, fence, writes: { collection, documents: rows } });
  const exported = async (filter: LogFilter = {}): Promise<string> => {
    const parts: Uint8Array[] = [];
    for await (const { bytes } of exportParts(
      await logSource({ models, log }, heads.at(-1)!, [key.text], filter),
      'ndjson',
    ))
      parts.push(bytes);
    return Buffer.concat(parts).toString();
  };
  const lineOf = (value: unknown) => `${JSON.stringify(value)}\n`;
  /** What `status --verify` says of the tree. */
  const verified = async () => {
    const runner = new Runner({
      ...{ log, documents, journal, projections: [logTree], policies: [], aggregates: [], clock: new FixedClock() },
      dispatch: () => Promise.reject(new Error('nothing is sent')),
      onFault: (error) => {
        throw error;
      },
    });
    return (await runner.verify())[0]!;
  };
  return {
    ...{ heads, path, exported, verified },
    all: await exported(),
    some: await exported({ types: ['Odd'] }),
    event: lineOf(await proveEvent(models, log, { position: (await log.readAll('', {}, 6)).position })),
    continuation: lineOf(await proveConsistency(models, { from: 4 })),
  };
};
type World = Awaited<ReturnType<typeof world>>;

async function* linesOf(text: string): AsyncGenerator<string> {
  if (!text.endsWith('\n')) throw Object.assign(new Error('cut'), { code: 'verify/end' });
  yield* text.slice(0, -1).split('\n');
}
interface Trust {
  readonly heads?: readonly string[];
  readonly keys?: readonly string[];
}
/** The step at which each verifier refuses; '' where it accepts. */
const verifiers: Readonly<Record<string, (text: string, trust?: Trust) => Promise<string>>> = {
  ours: async (text, { keys = [key.text], heads = [] } = {}) => {
    const trust = { keys: keys.map((one) => verifierKey(one, 'test')), heads };
    const isProof = /^\{"(index|from)":/.test(text);
    try {
      if (isProof && !text.endsWith('\n')) return 'end';
      await (isProof ? verifyProof(text.slice(0, -1), trust) : verifyLogExport(linesOf(text), trust));
      return '';
    } catch (error) {
      const { code } = error as { code?: string };
      if (!code?.startsWith('verify/')) throw error; // a fault is no refusal
      return code.slice('verify/'.length);
    }
  },
  standAlone: async (text, { keys = [key.text], heads = [] } = {}) => {
    try {
      await standAlone.verify(text, { keys, heads });
      return '';
    } catch (error) {
      const { step } = error as { step?: string };
      if (step === undefined) throw error;
      return step;
    }
  },
};
const stepsOf = async (text: string, trust?: Trust) =>
  Promise.all(Object.values(verifiers).map((verify) => verify(text, trust)));

/** Numbers that follow from a seed. */
const numbersFrom = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};
type Chance = ReturnType<typeof numbersFrom>;
const flipped = (text: string, chance: Chance): string => {
  const bytes = Buffer.from(text);
  for (;;) {
    const changed = Buffer.from(bytes);
    changed[chance(bytes.length)]! ^= 1 << chance(8);
    if (changed.toString() !== text) return changed.toString();
  }
};
/** The lines of an export; the adversary corrects count and checksum of what was changed. */
const withLines = (text: string, change: (lines: string[]) => string[]): string => {
  const lines = change(text.trimEnd().split('\n').slice(0, -1));
  const body = lines.map((line) => `${line}\n`).join('');
  const sha256 = createHash('sha256').update(body).digest('hex');
  return `${body}${JSON.stringify({ rows: body.split('\n').length - 2, sha256 })}\n`;
};
const renumbered = (lines: readonly string[]): string[] =>
  lines.map((text, at) =>
    at === 0 ? text : JSON.stringify({ ...(JSON.parse(text) as LogExportLine), index: at - 1 }),
  );
const eventAt = (chance: Chance, lines: readonly string[]) => 1 + chance(lines.length - 1);
const edited = (line: string, edit: (line: Record<string, unknown> & LogExportLine) => object): string =>
  JSON.stringify({ ...(JSON.parse(line) as object), ...edit(JSON.parse(line) as never) });
const changeAt = (lines: string[], at: number, change: (line: string) => string) =>
  lines.map((line, index) => (index === at ? change(line) : line));

/** What an adversary does, by kind; each must be refused by both verifiers. */
const attacks: Readonly<Record<string, (of: World, chance: Chance) => string>> = {
  'a bit of an event': ({ all }, chance) =>
    withLines(all, (lines) => changeAt(lines, eventAt(chance, lines), (line) => flipped(line, chance))),
  'a bit of the heads and keys': ({ all }, chance) =>
    withLines(all, (lines) => changeAt(lines, 0, (line) => flipped(line, chance))),
  'a bit of the file': ({ all, some }, chance) => flipped(chance(2) === 0 ? all : some, chance),
  'a bit of an event with its proof': ({ some }, chance) =>
    withLines(some, (lines) => changeAt(lines, eventAt(chance, lines), (line) => flipped(line, chance))),
  'a bit of the proof of an event': ({ event }, chance) => flipped(event, chance),
  'a bit of the proof of a continuation': ({ continuation }, chance) => flipped(continuation, chance),
  'a dropped event': ({ all }, chance) =>
    withLines(all, (lines) => renumbered(lines.toSpliced(eventAt(chance, lines), 1))),
  'two swapped events': ({ all }, chance) =>
    withLines(all, (lines) => {
      const a = eventAt(chance, lines);
      const b = 1 + ((a + chance(lines.length - 2)) % (lines.length - 1));
      const [first, second] = [JSON.parse(lines[a]!) as LogExportLine, JSON.parse(lines[b]!) as LogExportLine];
      const placed = (event: LogExportLine, at: LogExportLine) => JSON.stringify({ ...at, event: event.event });
      return a === b
        ? renumbered(lines.toSpliced(a, 1))
        : lines.map((line, at) => (at === a ? placed(second, first) : at === b ? placed(first, second) : line));
    }),
  'an inserted event': ({ all }, chance) =>
    withLines(all, (lines) => {
      const at = eventAt(chance, lines);
      const copy = edited(lines[at]!, ({ position, event }) => ({
        position: `${position}-${chance(10)}`,
        event: { ...event, id: randomUUID() },
      }));
      return renumbered(lines.toSpliced(at + 1, 0, copy));
    }),
  'a truncated file': ({ all, some }, chance) => {
    const text = chance(2) === 0 ? all : some;
    return text.slice(0, chance(text.length));
  },
  'the last events cut off': ({ all }, chance) =>
    withLines(all, (lines) => lines.slice(0, lines.length - 1 - chance(lines.length - 2))),
  'other words in an event': ({ all, some }, chance) =>
    withLines(chance(2) === 0 ? all : some, (lines) =>
      changeAt(lines, eventAt(chance, lines), (line) =>
        edited(line, ({ event }) => ({
          event: [
            { ...event, data: { ...(event.data as object), said: `said ${chance(1e6)}` } },
            { ...event, meta: { ...event.meta, actor: `eve ${chance(1e6)}` } },
            { ...event, revision: 1 + chance(1e6) },
            { ...event, extra: chance(1e6) },
          ][chance(4)]!,
        })),
      ),
    ),
  'another time of recording': ({ all, some }, chance) =>
    withLines(chance(2) === 0 ? all : some, (lines) =>
      changeAt(lines, eventAt(chance, lines), (line) =>
        edited(line, () => ({ recordedAt: `2023-01-01T00:00:00.${100 + chance(900)}Z` })),
      ),
    ),
  'the proof of another event': ({ some }, chance) =>
    withLines(some, (lines) => {
      const [a, b] = [1 + chance(2), 3 + chance(2)];
      const { proof, placeProof } = JSON.parse(lines[b]!) as LogExportLine;
      return changeAt(lines, a, (line) => edited(line, () => (chance(2) === 0 ? { proof } : { placeProof })));
    }),
  'heads left out': ({ all }, chance) =>
    withLines(all, (lines) =>
      changeAt(lines, 0, (line) => {
        const header = JSON.parse(line) as LogExportHeader;
        return JSON.stringify({ ...header, heads: header.heads.slice(0, chance(header.heads.length)) });
      }),
    ),
};

/** Of each kind; with those of the database file and of forks. */
const EACH = Math.ceil(repetitions(750, 100_000) / (Object.keys(attacks).length + 2));
/** Verified together: the keys of the stand-alone verifier are checked by other threads. */
const AT_ONCE = 32;

describe('an export and a proof', () => {
  const counts = new Map<string, number>();
  afterAll(() => {
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const kinds = [...counts].map(([kind, count]) => `${kind} ${count}`).join(', ');
    if (EACH > 1_000) process.stderr.write(`negative vectors: ${total}, none accepted: ${kinds}\n`);
  });
  let honest: World;
  let forks: World[];
  beforeAll(async () => {
    honest = await world('honest');
    forks = await Promise.all([0, 3, 4, 10].map((from) => world(`fork-${from}`, from)));
  });
  const kept = () => honest.heads.map(({ note }) => note);

  it('are accepted by both verifiers as they are, also beside heads that were kept', async () => {
    for (const text of [honest.all, honest.some, honest.event, honest.continuation])
      expect(await stepsOf(text)).toEqual(['', '']);
    for (const head of kept()) expect(await stepsOf(honest.all, { heads: [head] })).toEqual(['', '']);
    expect(await stepsOf(honest.some, { heads: [kept().at(-1)!] })).toEqual(['', '']);
  });

  it('are refused with another key, and without one', async () => {
    const other = signingKey(newSigningKey('example.org/log'), 'test').text;
    for (const text of [honest.all, honest.some])
      expect(await stepsOf(text, { keys: [other] })).toEqual(['key', 'key']);
    for (const text of [honest.event, honest.continuation])
      expect(await stepsOf(text, { keys: [other] })).toEqual(['head', 'head']);
  });

  it.each(Object.entries(attacks))('are refused by both with %s', async (kind, attack) => {
    const chance = numbersFrom(Object.keys(attacks).indexOf(kind) + 1);
    const accepted: string[] = [];
    const refused = async () => {
      const text = attack(honest, chance);
      const steps = await stepsOf(text);
      if (steps.includes('')) accepted.push(`${steps.join(' ')}: ${text}`);
    };
    for (let n = 0; n < EACH; n += AT_ONCE)
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, EACH - n) }, refused));
    expect(accepted).toEqual([]);
    counts.set(kind, EACH);
  });

  it('are refused by both with a payload edited in the database file, which the store names', async () => {
    const chance = numbersFrom(99);
    const database = openDatabase(honest.path, { synchronous: 'NORMAL' });
    const read = database.prepare('SELECT position, type, data, meta, recordedAt FROM events WHERE position = ?');
    const write = database.prepare('UPDATE events SET type = ?, data = ?, meta = ?, recordedAt = ? WHERE position = ?');
    type Row = Record<'type' | 'data' | 'meta' | 'recordedAt', string> & { readonly position: number };
    const put = ({ type, data, meta, recordedAt, position }: Row) => write.run(type, data, meta, recordedAt, position);
    const edits: readonly ((row: Row) => Partial<Row>)[] = [
      ({ data }) => ({ data: data.replace('"said":"said"', `"said":"said ${chance(1e6)}"`) }),
      ({ data }) => ({ data: data.replace('"n":', `"n":${1 + chance(1e6)}`) }),
      ({ meta }) => ({ meta: meta.replace('"actor":"ann"', `"actor":"ann ${chance(1e6)}"`) }),
      ({ type }) => ({ type: `${type}${chance(1e6)}` }),
    ];
    for (let n = 0; n < EACH; n++) {
      const row = read.get<Row>(1 + chance(SIZE))!;
      put({ ...row, ...edits[chance(edits.length)]!(row) });
      const [text, { complete, differing }] = [await honest.exported(), await honest.verified()];
      put(row);
      const named = differing?.includes(`the event at position ${String(row.position).padStart(16, '0')}`);
      expect([await stepsOf(text), complete, named]).toEqual([['root', 'root'], false, true]);
    }
    expect([await stepsOf(await honest.exported()), (await honest.verified()).complete]).toEqual([['', ''], true]);
    database.close();
    counts.set('a payload edited in the database file', EACH);
  });

  it('are refused where the operator signed another history and a head of the first was kept', async () => {
    for (let n = 0; n < EACH; n++) {
      const fork = forks[n % forks.length]!;
      // Each is sound by itself; it shows only beside a head that it does not continue.
      if (n < forks.length) expect(await stepsOf(fork.all)).toEqual(['', '']);
      const head = honest.heads[n % 2 === 0 || n % 4 > 1 ? 2 : 1]!; // the third and fourth share the first four events
      expect(await stepsOf(fork.all, { heads: [head.note] })).toEqual(['fork', 'fork']);
      if (head.size === 4) {
        const proof = JSON.parse(fork.continuation) as object;
        const joined = `${JSON.stringify({ ...proof, fromNote: head.note, fromRoot: head.root })}\n`;
        expect(await stepsOf(joined)).toEqual(['fork', 'fork']);
      }
    }
    counts.set('a fork beside a kept head', EACH);
  });

  it('name the step that failed', async () => {
    const line = (at: number, change: (line: string) => string) =>
      withLines(honest.all, (lines) => changeAt(lines, at, change));
    const rows: [step: string, text: string, trust?: Trust][] = [
      ['form', line(3, (text) => text.replace(':', ': '))],
      ['order', line(3, (text) => text.replace('"index":2', '"index":3'))],
      ['root', line(3, (text) => text.replace('"said"', '"sold"'))],
      ['place', line(3, (text) => text.replace(/"recordedAt":"2/, '"recordedAt":"1'))],
      ['head', line(0, (text) => text.replace('time 2024', 'time 2025'))],
      ['key', line(0, (text) => text.replace(key.text, 'a+00000000+AQ=='))],
      ['header', line(0, (text) => text.replace('"version":1', '"version":2'))],
      ['end', honest.all.replace(/"sha256":"./, '"sha256":"x')],
      ['end', honest.all.slice(0, -1)],
      ['proof', withLines(honest.some, (lines) => changeAt(lines, 2, (text) => text.replace('"said"', '"sold"')))],
      ['filter', withLines(honest.some, (lines) => changeAt(lines, 0, (text) => text.replace('"Odd"', '"Even"')))],
    ];
    for (const [step, text, trust] of rows) expect([step, await stepsOf(text, trust)]).toEqual([step, [step, step]]);
  });
});
