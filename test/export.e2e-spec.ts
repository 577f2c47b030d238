import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { LogHeads } from '@baton/audit/audit.module';
import type { Role } from '@baton/kernel';
import { parse } from 'csv-parse/sync';
import { parquetReadObjects } from 'hyparquet';
import { baton, batonJson, root, Served, temporaryFolder } from './support/baton';

interface Line {
  index: number;
  position: string;
  event: { id: string; type: string; stream: string; data: Record<string, unknown>; meta: { occurredAt: string } };
}
const linesOf = (body: string): Line[] =>
  body
    .trimEnd()
    .split('\n')
    .slice(1, -1)
    .map((line) => JSON.parse(line) as Line);

describe('an export', () => {
  const folder = temporaryFolder();
  let served: Served;
  let key: string;
  let all: Line[];
  beforeAll(async () => {
    served = await Served.start(folder);
    for (const role of ['auditor', 'analyst', 'sales'] as const) await served.token(role);
    for (let n = 0; n < 6; n++) {
      const { data } = await served.ask<{ it: { __typename: string } }>(
        `mutation { it: captureLead(commandId: "c${n}", input: { leadId: "l${n}", name: "Ada Secret", source: "=1+1", email: "ada${n}@example.org" }) { __typename } }`,
        ['revops'],
      );
      expect(data.it.__typename).toBe('Accepted');
    }
    await served.settle();
    key = (await served.app.get(LogHeads).sign()).verifierKey;
    const { status, stderr } = await baton(folder, 'export', 'log', '--out', join(folder, 'log.ndjson'));
    expect([status, stderr]).toEqual([0, '']);
    all = linesOf(readFileSync(join(folder, 'log.ndjson'), 'utf8'));
  });
  afterAll(() => served.stop());

  const get = async (path: string, as: Role | undefined) => {
    const headers: Record<string, string> = as ? { authorization: `Bearer ${await served.token(as)}` } : {};
    const answer = await fetch(`${served.url}/export/${path}`, { headers });
    return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
  };
  const codeOf = async (path: string, as?: Role) => {
    const { bytes } = await get(path, as);
    return (JSON.parse(bytes.toString()) as { errors: { extensions: { code: string } }[] }).errors[0]!.extensions.code;
  };
  const verify = (path: string, ...more: string[]) => baton(folder, 'verify', path, '--key', key, ...more);
  const standAlone = async (path: string, ...more: string[]) => {
    const child = spawn(process.execPath, [join(root, 'examples', 'verify-export.mjs'), path, '--key', key, ...more]);
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { status: child.exitCode, stdout, stderr };
  };

  it('of the log has every event, sealed, and is verified offline by the key', async () => {
    const file = join(folder, 'log.ndjson');
    const body = readFileSync(file, 'utf8');
    const { events } = (
      await served.ask<{ events: { events: { eventId: string }[] } }>(
        '{ events(first: 2000) { events { eventId } } }',
        ['auditor'],
      )
    ).data.events;
    expect(all.map(({ event }) => event.id)).toEqual(events.slice(0, all.length).map(({ eventId }) => eventId));
    expect(body).not.toMatch(/Ada Secret|ada\d@example/);
    expect(body).toContain('$sealed');
    expect((await verify(file)).stdout).toContain(`Verified: all ${all.length} events of the log`);
    expect((await standAlone(file)).stdout).toContain(`"events":${all.length}`);
    writeFileSync(join(folder, 'changed.ndjson'), body.replace('LeadCaptured', 'LeadCaptureD'));
    for (const { status, stderr } of [
      await verify(join(folder, 'changed.ndjson')),
      await standAlone(join(folder, 'changed.ndjson')),
    ])
      expect([status, stderr]).toEqual([1, expect.stringMatching(/verify\/root|step root/)]);
  });

  it('of some events proves each of them', async () => {
    const first = all.find(({ event }) => event.type === 'LeadCaptured')!;
    const filters: [options: string[], passes: (line: Line) => boolean][] = [
      [['--types', 'LeadCaptured'], ({ event }) => event.type === 'LeadCaptured'],
      [['--stream', 'lead-l3'], ({ event }) => event.stream === 'lead-l3'],
      [['--category', 'key'], ({ event }) => event.stream.startsWith('key-')],
      [['--after', first.position], ({ position }) => position > first.position],
      [
        ['--until', first.position, '--category', 'key'],
        ({ position, event }) => position <= first.position && event.stream.startsWith('key-'),
      ],
      [['--from', first.event.meta.occurredAt], ({ event }) => event.meta.occurredAt >= first.event.meta.occurredAt],
      [['--to', '2020-01-01'], () => false],
    ];
    for (const [at, [options, passes]] of filters.entries()) {
      const file = join(folder, `some-${at}.ndjson`);
      expect((await baton(folder, 'export', 'log', '--out', file, ...options)).status).toBe(0);
      const lines = linesOf(readFileSync(file, 'utf8'));
      expect([options, lines.map(({ index }) => index)]).toEqual([
        options,
        // Signed again after the export before: the head is an event too.
        all.filter(passes).map(({ index }) => index),
      ]);
      expect((await verify(file)).status).toBe(0);
    }
    expect((await standAlone(join(folder, 'some-0.ndjson'))).status).toBe(0);
  });

  it('is the same over HTTP, and goes on behind the bytes that are there', async () => {
    const whole = await get('log', 'auditor');
    expect(whole.bytes.equals(readFileSync(join(folder, 'log.ndjson')))).toBe(true);
    expect(whole.headers.get('content-type')).toBe('application/x-ndjson');
    const head = whole.headers.get('baton-export-head')!;
    const rest = await get(`log?head=${head}&skip=1000`, 'analyst');
    expect(rest.bytes.equals(whole.bytes.subarray(1000))).toBe(true);
    for (const format of ['csv', 'cloudevents', 'parquet'] as const) {
      const file = join(folder, `log.${format}`);
      expect((await baton(folder, 'export', 'log', '--format', format, '--out', file)).status).toBe(0);
      expect([
        format,
        (await get(`log?format=${format}&head=${head}`, 'analyst')).bytes.equals(readFileSync(file)),
      ]).toEqual([format, true]);
    }
    expect(await codeOf('log', 'sales')).toBe('access/denied');
    expect(await codeOf('log')).toBe('access/unauthenticated');
    for (const [query, code] of [
      ['log?formt=csv', 'export/bad-argument'],
      ['log?format=xml', 'export/bad-argument'],
      ['log?skip=5', 'export/bad-argument'],
      ['log?head=9999', 'proof/no-head'],
      ['log?types=Nothing', 'export/bad-filter'],
      ['log?after=x', 'log/not-a-position'],
      ['nothing', 'export/unknown-read-model'],
      ['leads?types=LeadCaptured', 'export/bad-filter'],
    ])
      expect([query, await codeOf(query!, 'analyst')]).toEqual([query, code]);
  });

  it('of the log is read back from each format with equal counts and words', async () => {
    const rows: Record<string, string>[] = parse(readFileSync(join(folder, 'log.csv')), { columns: true });
    const ids = all.map(({ event }) => event.id);
    expect(rows.map(({ id }) => id)).toEqual(ids);
    expect(rows.map(({ data }) => JSON.parse(data!) as unknown)).toEqual(all.map(({ event }) => event.data));
    expect(JSON.parse(readFileSync(join(folder, 'log.csv.header.json'), 'utf8'))).toMatchObject({
      export: 'log',
      verifierKeys: [key],
    });
    const events = readFileSync(join(folder, 'log.cloudevents'), 'utf8').trimEnd().split('\n').slice(1);
    expect(events.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(ids);
    expect(JSON.parse(events[0]!)).toMatchObject({ specversion: '1.0', subject: all[0]!.event.stream, logindex: '0' });
    for (const name of Object.keys(JSON.parse(events[0]!) as object)) expect(name).toMatch(/^[a-z0-9]{1,20}$/);
    const bytes = readFileSync(join(folder, 'log.parquet'));
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    const found = await parquetReadObjects({ file });
    expect(found.map(({ id, index }) => [id, Number(index)])).toEqual(ids.map((id, index) => [id, index]));
  });

  it('of a read model has every document, personal values sealed and formulas neutral', async () => {
    const file = join(folder, 'leads.csv');
    expect(await batonJson(folder, 'export', 'leads', '--format', 'csv', '--out', file)).toMatchObject({
      rows: 6,
      resumed: 0,
    });
    const rows: Record<string, string>[] = parse(readFileSync(file), { columns: true });
    expect(rows.map(({ leadId }) => leadId)).toEqual(['l0', 'l1', 'l2', 'l3', 'l4', 'l5']);
    expect(rows[0]).toMatchObject({ name: 'sealed', source: "'=1+1" });
    expect(readFileSync(file, 'utf8')).not.toMatch(/Ada Secret|\$sealed|ada\d/);
    const { bytes, status } = await get('leads', 'analyst');
    expect([status, linesOf(bytes.toString()).length]).toEqual([200, 6]);
  });

  it('has personal values in clear where they are granted, each recorded before', async () => {
    const file = join(folder, 'open.ndjson');
    const grant = ['--open-personal', '--reason', 'audit 7'];
    expect((await baton(folder, 'export', 'leads', '--out', file, ...grant)).status).toBe(0);
    expect(readFileSync(file, 'utf8')).toContain('"name":"Ada Secret"');
    const { bytes, status } = await get('leads?openPersonal=true&reason=audit%208&format=csv', 'revops');
    expect([status, bytes.toString()]).toEqual([200, expect.stringContaining('ada5@example.org')]);
    const saw = await batonJson<{ operation: string; reason: string }[]>(folder, 'who-saw', 'l5');
    expect(saw.map(({ operation, reason }) => [operation, reason])).toEqual([
      ['export leads', 'audit 8'],
      ['export leads', 'audit 7'],
    ]);
    expect(await codeOf('leads?openPersonal=true&reason=x', 'analyst')).toBe('access/denied');
    expect(await codeOf('leads?openPersonal=true', 'revops')).toBe('export/no-reason');
    expect(await codeOf('log?openPersonal=true&reason=x', 'revops')).toBe('export/log-is-sealed');
    expect(await codeOf('leads?reason=x', 'analyst')).toBe('export/not-open');
    expect((await baton(folder, 'export', 'log', ...grant)).stderr).toContain('export/log-is-sealed');
  });

  const bySource = '{"codes":["captured-leads","win-rate"],"by":"source"}';
  describe('of a report', () => {
    const file = join(folder, 'figures.ndjson');
    const log = join(folder, 'log-of-report.ndjson');
    const report = async (...args: string[]) => {
      const { status, stderr } = await baton(folder, 'export', 'report:figures', '--arguments', bySource, ...args);
      expect([status, stderr]).toEqual([0, '']);
    };
    const verifyReport = (path: string) => verify(log, '--report', path);
    beforeAll(async () => {
      await report('--out', file);
      expect((await baton(folder, 'export', 'log', '--out', log)).status).toBe(0);
    });

    it('has one row for each value, and its origin', () => {
      const [header, ...rows] = readFileSync(file, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as object);
      expect(header).toMatchObject({
        ...{ export: 'report', version: 1 },
        origin: {
          ...{ report: 'figures', arguments: JSON.parse(bySource) as object, code: '0.1.0', definitions: [] },
          asOf: { knownAt: expect.stringMatching(/^\d{16}$/) as string },
          verifierKeys: [key],
        },
      });
      expect(rows.slice(0, -1)).toMatchObject([
        { figure: 'captured-leads', grouped: false, value: '6', support: 6, erased: 0 },
        { figure: 'captured-leads', grouped: true, group: '=1+1', value: '6' },
        { figure: 'win-rate', grouped: false, value: null },
      ]);
    });

    it('is computed again from an export of the log, offline', async () => {
      expect(await verifyReport(file)).toMatchObject({
        ...{ status: 0, stdout: expect.stringContaining('Verified: figures (3 rows)') as string },
      });
      const other = join(folder, 'pipeline.ndjson');
      expect((await baton(folder, 'export', 'report:speedToLead', '--out', other)).status).toBe(0);
      const later = join(folder, 'later.ndjson');
      expect((await baton(folder, 'export', 'log', '--out', later)).status).toBe(0);
      expect((await verify(later, '--report', other)).stderr).toBe('');
    });

    it('is refused where it, its origin or the log differs, and the difference is named', async () => {
      const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
      const changed = async (change: (rows: string[]) => string[], path = join(folder, 'changed-report.ndjson')) => {
        const body = change(lines.slice(0, -1)).map((line) => `${line}\n`);
        const sha256 = createHash('sha256').update(body.join('')).digest('hex');
        writeFileSync(path, `${body.join('')}${JSON.stringify({ rows: body.length - 1, sha256 })}\n`);
        return (await verifyReport(path)).stderr;
      };
      expect(await changed((rows) => rows)).toBe('');
      const replaced = (from: string, to: string) => (rows: string[]) => rows.map((row) => row.replace(from, to));
      expect(
        await changed(
          replaced(
            '"group":"=1+1","isOther":false,"unit":"count","currency":null,"value":"6"',
            '"group":"=1+1","isOther":false,"unit":"count","currency":null,"value":"7"',
          ),
        ),
      ).toMatch(/verify\/report .*Row 2: value is "7" in the report, and "6" by the log/);
      expect(await changed((rows) => rows.slice(0, -1))).toContain('Row 3 is missing');
      expect(await changed((rows) => [...rows, rows.at(-1)!])).toContain('Row 4 is not in what the log gives');
      expect(await changed(replaced('"by":"source"', '"by":"rep"'))).toContain('verify/report');
      expect(await changed(replaced('"definitions":[]', '"definitions":["mql@9"]'))).toContain('mql@9');
      expect(await changed(replaced('"root":"', '"root":"A'))).toContain('not what its signed head states');
      expect(await changed(replaced('"size":', '"size":1'))).toContain('not what its signed head states');
      expect(await changed(replaced('"at":"20', '"at":"19'))).toContain('Its position or its instant');
      expect(await changed(replaced('"knownAt":"0', '"knownAt":"1'))).toContain('Its position or its instant');
      const untrue = readFileSync(file, 'utf8').replace('"value":"6"', '"value":"5"');
      writeFileSync(join(folder, 'untrue.ndjson'), untrue);
      expect((await verifyReport(join(folder, 'untrue.ndjson'))).stderr).toContain('the checksum');
      // An older export of the log does not reach it.
      expect((await verify(join(folder, 'log.ndjson'), '--report', file)).stderr).toMatch(
        /verify\/fork.*events are missing, or it is older/,
      );
    });

    it('is the same over HTTP, in every format, with formulas neutral', async () => {
      const size = (JSON.parse(readFileSync(file, 'utf8').split('\n')[0]!) as { origin: { size: number } }).origin.size;
      const query = `arguments=${encodeURIComponent(bySource)}&head=${size}`;
      const { bytes, headers } = await get(`report/figures?${query}`, 'analyst');
      expect(bytes.toString()).toBe(readFileSync(file, 'utf8'));
      expect(headers.get('baton-export-head')).toBe(String(size));
      const csv = (await get(`report/figures?${query}&format=csv`, 'auditor')).bytes.toString();
      const rows: Record<string, string>[] = parse(csv, { columns: true });
      expect(rows.map(({ figure, group, value }) => [figure, group, value])).toEqual([
        ['captured-leads', '', '6'],
        ['captured-leads', "'=1+1", '6'],
        ['win-rate', '', ''],
      ]);
      const parquet = (await get(`report/figures?${query}&format=parquet`, 'analyst')).bytes;
      const found = await parquetReadObjects({
        file: parquet.buffer.slice(parquet.byteOffset, parquet.byteOffset + parquet.byteLength) as ArrayBuffer,
      });
      expect(found.map(({ figure, group, support }) => [figure, group, Number(support)])).toEqual([
        ['captured-leads', null, 6],
        ['captured-leads', '=1+1', 6],
        ['win-rate', null, 0],
      ]);
      const events = (await get(`report/figures?${query}&format=cloudevents`, 'analyst')).bytes.toString();
      expect(JSON.parse(events.trimEnd().split('\n')[2]!)).toMatchObject({
        type: 'ReportRow',
        source: '/reports/figures',
      });
      for (const [path, code] of [
        ['report/nothing', 'export/unknown-report'],
        ['report/whoSaw', 'export/unknown-report'],
        ['report/figures?arguments=x', 'export/bad-arguments'],
        ['report/figures?arguments=[]', 'export/bad-arguments'],
        ['report/figures', 'export/bad-arguments'],
        ['report/figures?arguments={"codes":["x"]}', 'export/bad-arguments'],
        ['report/figures?arguments={"codes":["win-rate"],"owner":{"in":[1]}}', 'export/bad-arguments'],
        ['report/figures?arguments={"codes":["win-rate"],"nobody":1}', 'export/bad-arguments'],
        ['report/figures?types=x', 'export/bad-argument'],
        ['report/figures?happenedBy=yesterday', 'time/not-a-day-or-instant'],
      ])
        expect([path, await codeOf(path!, 'analyst')]).toEqual([path, code]);
      expect(await codeOf('report/figures', 'sales')).toBe('access/denied');
      expect(await codeOf('report/figures')).toBe('access/unauthenticated');
    });

    it('and of a list has no cell that a spreadsheet executes', async () => {
      const { stdout } = await baton(folder, 'list', 'leads', '--columns', 'leadId,source', '--format', 'csv');
      expect(stdout).toContain("l0,'=1+1\n");
      const figures = await baton(folder, 'figures', 'captured-leads', '--by', 'source', '--format', 'csv');
      expect(figures.stdout).toContain("captured-leads,'=1+1,6");
    });
  });

  it('is refused with arguments that make no sense', async () => {
    const codes = async (...args: string[]) => (await baton(folder, 'export', ...args)).stderr.split(/[ :]/)[0];
    expect(await codes('log', '--format', 'xml')).toBe('cli/unknown-value');
    expect(await codes('log', '--types', 'Nothing')).toBe('export/bad-filter');
    expect(await codes('leads', '--types', 'LeadCaptured')).toBe('export/bad-filter');
    expect(await codes('nothing')).toBe('export/unknown-read-model');
    expect(await codes('log', '--out', join(folder, 'log.ndjson'))).toBe('export/file-exists');
    expect((await baton(folder, 'verify', join(folder, 'none'), '--key', key)).stderr).toContain('cli/unreadable-file');
    expect((await baton(folder, 'verify', join(folder, 'log.ndjson'))).stderr).toContain('cli/argument-missing');
    expect(existsSync(join(folder, 'log.ndjson.part'))).toBe(false);
  });
});
