import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { START, type EventToAppend } from '@baton/kernel';
import { anEvent, eventLogContract, FixedClock, followUntil, readToTip, repetitions } from '@baton/kernel/testing';
import { openDatabase } from '../sqlite';
import { EmbeddedEventLog } from './embedded-event-log';

const folder = mkdtempSync(join(tmpdir(), 'baton-log-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

eventLogContract('The embedded log', async () => EmbeddedEventLog.open(join(folder, 'contract.db'), new FixedClock()));

/** The beginning of a program that opens the log of its argument. */
const openLog = `
const { readFileSync } = require('node:fs');
const { transformSync } = require('@swc/core');
const swcrc = JSON.parse(readFileSync('.swcrc', 'utf8'));
delete swcrc.$schema;
swcrc.jsc.baseUrl = process.cwd();
require.extensions['.ts'] = (module, filename) =>
  module._compile(transformSync(readFileSync(filename, 'utf8'), { ...swcrc, swcrc: false, sourceMaps: false, filename }).code, filename);
const { EmbeddedEventLog } = require(process.cwd() + '/libs/platform/event-log/embedded-event-log.ts');
const { anEvent } = require(process.cwd() + '/libs/kernel/testing/event-log.contract.ts');
const log = EmbeddedEventLog.open(process.argv[1], { now: () => new Date().toISOString() });
`;
/** Appends without end, 32 at once, and prints the id of each event that the log has acknowledged. */
const endlessWriter = `${openLog}
const write = async (stream) => {
  for (let n = 0; ; n++) {
    const event = anEvent({ n });
    await log.append(stream, [event], n === 0 ? 'none' : n - 1);
    process.stdout.write(event.id + '\\n');
  }
};
for (let n = 0; n < 32; n++) void write('writer-' + process.pid + '-' + n);
`;

describe('the embedded log', () => {
  const clock = new FixedClock('2024-05-01T00:00:00.000Z');
  const twice = (name: string) =>
    [0, 1].map(() => EmbeddedEventLog.open(join(folder, name), clock)) as [EmbeddedEventLog, EmbeddedEventLog];

  it('never lets recordedAt go back, not even after it is opened again', async () => {
    const log = EmbeddedEventLog.open(join(folder, 'clock.db'), clock);
    await log.append('a-1', [anEvent()], 'none');
    await log.close();
    const again = EmbeddedEventLog.open(join(folder, 'clock.db'), new FixedClock('2023-01-01T00:00:00.000Z'));
    await again.append('a-1', [anEvent()], 0);
    expect((await again.read('a-1')).map(({ recordedAt }) => recordedAt)).toEqual([clock.instant, clock.instant]);
    await again.close();
  });

  it('sees what another process writes to the same file, and conflicts with it', async () => {
    const [one, two] = twice('shared.db');
    await one.append('a-1', [anEvent()], 'none');
    await two.append('a-1', [anEvent()], 0);
    await expect(one.append('a-1', [anEvent()], 0)).rejects.toMatchObject({ code: 'log/wrong-revision' });
    await one.append('a-1', [anEvent()], 1);
    expect((await two.read('a-1')).map(({ position }) => Number(position))).toEqual([1, 2, 3]);
    await Promise.all([one.close(), two.close()]);
  });

  it('wakes a follower when another process has written', async () => {
    const [one, two] = twice('followed.db');
    let written = 0;
    const seen = await followUntil(one.follow(START), async (events, { atTip }) => {
      if (atTip && events.length === written && written < 2) {
        const expected = written++ === 0 ? 'none' : 0;
        setImmediate(() => two.append('a-1', [anEvent()], expected)); // when the follower waits for more
      }
      return events.length === 2;
    });
    expect(seen).toHaveLength(2);
    await Promise.all([one.close(), two.close()]);
  });

  it('ends its followers when it closes, and then is unavailable', async () => {
    const log = EmbeddedEventLog.open(':memory:', clock);
    const end = followUntil(log.follow(START), () => false);
    const last = log.append('a-1', [anEvent()], 'none');
    await log.close();
    await end;
    expect(await last).toMatchObject({ revision: 0 });
    await expect(log.append('a-1', [anEvent()], 0)).rejects.toMatchObject({ code: 'log/unavailable' });
    await expect(log.readAll(START)).rejects.toMatchObject({ code: 'log/unavailable' });
  });

  it('refuses a position of another log', () =>
    expect(EmbeddedEventLog.open(':memory:', clock).readAll('elsewhere')).rejects.toMatchObject({
      code: 'log/not-a-position',
    }));

  it('loses no acknowledged event when its process is killed', async () => {
    const path = join(folder, 'killed.db');
    const acknowledged: string[] = [];
    const rounds = repetitions(2, 8);
    for (let round = 1; round <= rounds; round++) {
      const child = spawn(process.execPath, ['-e', endlessWriter, path], { cwd: resolve(__dirname, '../../..') });
      let output = '';
      let errors = '';
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (output.length > 37 * 500 * round) child.kill('SIGKILL');
      });
      child.stderr.on('data', (chunk: Buffer) => void (errors += chunk.toString()));
      await new Promise((done) => child.on('close', done));
      expect({ errors, signal: child.signalCode }).toEqual({ errors: '', signal: 'SIGKILL' });
      acknowledged.push(...output.split('\n').filter((line) => line.length === 36));
    }
    const log = EmbeddedEventLog.open(path, clock);
    const { events } = await readToTip(log, START);
    const kept = new Set(events.map(({ id }) => id));
    expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(500);
    expect(events.map(({ position }) => Number(position))).toEqual(events.map((_, index) => index + 1));
    await log.close();
  });
});

describe('what is deferred', () => {
  const clock = new FixedClock('2024-05-01T00:00:00.000Z');
  const open = (name: string, onUnreadable?: (records: number) => void) =>
    EmbeddedEventLog.open(join(folder, name), clock, { onUnreadable });
  const placeOf = (name: string) => join(folder, name.replace('.db', '-deferred'));
  const filesOf = (name: string) => readdirSync(placeOf(name)).map((file) => join(placeOf(name), file));
  /** A file of a process that has ended. */
  const fileOfEnded = (name: string) => {
    mkdirSync(placeOf(name), { recursive: true });
    return join(placeOf(name), `${hostname()}.${spawnSync(process.execPath, ['-e', '']).pid}.0a1b2c3d`);
  };
  interface Read {
    readonly subjects: readonly string[];
  }
  type Events = [EventToAppend, EventToAppend, EventToAppend, EventToAppend];
  const idsIn = async (log: EmbeddedEventLog) => (await readToTip(log, START)).events.map(({ id }) => id);

  it('is in a file of its owner alone until somebody asks for it, and then in the log', async () => {
    const log = open('private.db');
    const [one, two] = [anEvent({ text: 'a\nb\tc' }), anEvent()];
    await log.appendDeferred('a-1', [one]);
    await log.appendDeferred('a-2', [two]);
    const [file] = filesOf('private.db');
    expect(statSync(file!).mode & 0o777).toBe(0o600);
    const beside = EmbeddedEventLog.open(join(folder, 'private.db'), clock, { readOnly: true });
    expect(await beside.tip()).toBe(START);
    expect(await log.read('a-1')).toMatchObject([{ ...one, recordedAt: clock.instant }]);
    expect(await idsIn(beside)).toEqual([one.id, two.id]);
    await Promise.all([log.close(), beside.close()]);
    expect(filesOf('private.db')).toEqual([]);
  });

  it('is appended for followers without anybody asking', async () => {
    const log = open('quiet.db');
    const event = anEvent();
    await log.appendDeferred('a-1', [event]);
    expect((await followUntil(log.follow(START), (events) => events.length > 0))[0]).toMatchObject(event);
    await log.close();
  });

  it('is kept when a process is killed, and appended once by whoever opens the log next', async () => {
    const path = join(folder, 'left.db');
    const program = `${openLog}
      const { randomUUID } = require('node:crypto');
      const write = async () => {
        for (let n = 0; ; n++) {
          const id = randomUUID();
          const read = { operation: 'Query.leads', subjects: [id], people: 1, answers: 1 };
          await log.appendDeferred('access-2024-01-01', [n % 3 === 0 ? anEvent({ n }, 'Other', id) : anEvent(read, 'PersonalDataRead')]);
          process.stdout.write(id + '\\n');
          if (n % 100 === 99) await log.tip();
          else if (n % 10 === 9) await new Promise(setImmediate);
        }
      };
      void write();`;
    await open('left.db').close();
    const outputs = await Promise.all(
      [1, 2].map(
        () =>
          new Promise<string>((done, fail) => {
            const child = spawn(process.execPath, ['-e', program, path], { cwd: resolve(__dirname, '../../..') });
            let [output, errors] = ['', ''];
            child.stdout.on('data', (chunk: Buffer) => {
              output += chunk.toString();
              if (output.length > 37 * 1_000) child.kill('SIGKILL');
            });
            child.stderr.on('data', (chunk: Buffer) => void (errors += chunk.toString()));
            child.on('close', () => (errors === '' ? done(output) : fail(new Error(errors))));
          }),
      ),
    );
    const acknowledged = outputs.flatMap((output) => output.split('\n').filter((line) => line.length === 36));
    const log = open('left.db');
    const reads = (await log.read('access-2024-01-01')).map(({ id, data }) => (data as Partial<Read>).subjects ?? [id]);
    const [found, merged] = [reads.flat(), reads.filter(({ length }) => length > 1)];
    expect(acknowledged.filter((id) => !found.includes(id))).toEqual([]);
    expect([new Set(found).size, merged.length > 0]).toEqual([found.length, true]);
    await log.close();
    expect(filesOf('left.db')).toEqual([]);
  });

  it('of a process that runs is appended by others, and stays with its file', async () => {
    const [one, two, three] = [anEvent(), anEvent(), anEvent()];
    const running = open('running.db');
    await running.appendDeferred('a-1', [one]);
    const other = open('running.db');
    expect(await idsIn(other)).toEqual([one.id]);
    await running.appendDeferred('a-1', [two]);
    await other.appendDeferred('a-1', [three]);
    await other.close();
    expect(filesOf('running.db')).toHaveLength(1);
    expect(await idsIn(running)).toEqual([one.id, three.id, two.id]);
    await running.close();
    expect(filesOf('running.db')).toEqual([]);
  });

  it('is not appended again if its file is still there, because the process was killed before it removed it', async () => {
    const log = open('again.db');
    const [one, two] = [anEvent(), anEvent()];
    await log.appendDeferred('a-1', [one]);
    const file = fileOfEnded('again.db');
    cpSync(filesOf('again.db')[0]!, file);
    await log.appendDeferred('a-1', [two]);
    await log.close();
    expect(filesOf('again.db')).toEqual([file]);
    const again = open('again.db');
    expect(await idsIn(again)).toEqual([one.id, two.id]);
    await again.close();
    expect(filesOf('again.db')).toEqual([]);
  });

  it('is merged once, whoever appends it', async () => {
    const read = (lead: string) =>
      anEvent({ operation: 'Query.leads', subjects: [lead], people: 1, answers: 1 }, 'PersonalDataRead');
    const [one, two, three, four] = ['lead-a', 'lead-b', 'lead-c', 'lead-d'].map(read) as Events;
    const running = open('merged.db');
    const namedIn = async (log: EmbeddedEventLog) =>
      (await log.read('access-2024-01-01')).map(({ data }) => (data as { subjects: string[] }).subjects);
    for (const event of [one, two]) await running.appendDeferred('access-2024-01-01', [event]);
    // Its process may add to the file: what it merges is not known yet.
    const other = open('merged.db');
    expect(await namedIn(other)).toEqual([['lead-a'], ['lead-b']]);
    for (const event of [three, four]) await running.appendDeferred('access-2024-01-01', [event]);
    const [file] = filesOf('merged.db');
    const copies = [join(folder, 'merged-running'), fileOfEnded('merged.db')];
    for (const copy of copies) cpSync(file!, copy);
    const all = [['lead-a'], ['lead-b'], ['lead-c', 'lead-d']];
    expect(await namedIn(running)).toEqual(all);
    await Promise.all([running.close(), other.close()]);
    // Of a process that was killed before it removed its file, and of one that may still run.
    cpSync(copies[0]!, join(placeOf('merged.db'), `elsewhere.1.0a1b2c3d`));
    const again = open('merged.db');
    expect(await namedIn(again)).toEqual(all);
    await again.close();
    expect(filesOf('merged.db')).toEqual([join(placeOf('merged.db'), 'elsewhere.1.0a1b2c3d')]);
  });

  it('is appended whole, however much it is', async () => {
    const log = open('much.db');
    const events = Array.from({ length: 12 }, (_, n) => anEvent({ text: `${n}`.repeat(800_000) }));
    for (const event of events) await log.appendDeferred('a-1', [event]);
    expect(filesOf('much.db')).toHaveLength(1);
    expect(await log.read('a-1')).toMatchObject(events.map(({ id, data }) => ({ id, data })));
    await log.close();
  });

  it('loses only the record whose write was cut short, and says so', async () => {
    const log = open('torn.db');
    const [one, two] = [anEvent(), anEvent()];
    await log.appendDeferred('a-1', [one]);
    const [file] = filesOf('torn.db');
    appendFileSync(file!, readFileSync(file!).subarray(0, -1));
    await log.appendDeferred('a-1', [two]);
    cpSync(file!, join(folder, 'cut'));
    await log.close();
    rmSync(join(folder, 'torn.db'));
    cpSync(join(folder, 'cut'), fileOfEnded('torn.db'));
    const unreadable: number[] = [];
    const again = open('torn.db', (records) => unreadable.push(records));
    expect(await idsIn(again)).toEqual([one.id, two.id]);
    expect(unreadable).toEqual([1]);
    await again.close();
  });

  it('of a process before, which had the same name, is taken for that of one that has ended', async () => {
    const log = open('renamed.db');
    const event = anEvent();
    await log.appendDeferred('a-1', [event]);
    const [file] = filesOf('renamed.db');
    cpSync(file!, join(folder, 'before'));
    await log.close();
    rmSync(join(folder, 'renamed.db'));
    cpSync(join(folder, 'before'), join(placeOf('renamed.db'), `${hostname()}.${process.pid}.0a1b2c3d`));
    const again = open('renamed.db');
    expect(await idsIn(again)).toEqual([event.id]);
    await again.close();
    expect(filesOf('renamed.db')).toEqual([]);
  });

  it('is refused if it cannot be kept, or while what was deferred before cannot be appended', async () => {
    const log = open('refused.db');
    const refused = { code: 'log/unavailable' };
    writeFileSync(placeOf('refused.db'), ''); // where the folder should be
    await expect(log.appendDeferred('a-1', [anEvent()])).rejects.toMatchObject(refused);
    rmSync(placeOf('refused.db'));
    const [one, two] = [anEvent(), anEvent()];
    await log.appendDeferred('a-1', [one]);
    const other = openDatabase(join(folder, 'refused.db'), { synchronous: 'NORMAL' });
    other.exec('ALTER TABLE events RENAME TO away');
    await expect(log.read('a-1')).rejects.toThrow();
    await expect(log.flush()).rejects.toMatchObject(refused);
    await expect(log.appendDeferred('a-1', [anEvent()])).rejects.toMatchObject(refused);
    other.exec('ALTER TABLE away RENAME TO events');
    await log.appendDeferred('a-1', [two]);
    expect(await idsIn(log)).toEqual([one.id, two.id]);
    other.close();
    await log.close();
  });
});
