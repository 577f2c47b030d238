import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Accepted,
  contentHash,
  commands,
  Conflict,
  money,
  optional,
  ref,
  Refused,
  text,
  unique,
  type AnyCommand,
  type Outcome,
} from '@baton/kernel';
import { FixedClock } from '@baton/kernel/testing';
import { importFile, type Import } from './engine';
import { mappingOf } from './mapping';
import type { RowFault } from './plan';

const allow = ['marketing'] as const;
const leadId = ref('lead');
const aggregates = {
  lead: commands('lead', {
    CaptureLead: { description: 'Capture.', allow, leadId, email: unique(optional(text('', { max: 40 }))) },
    RecordTouch: { description: 'Touch.', allow, about: 'occurrence', leadId, action: text('', { max: 40 }) },
  }),
  opportunity: commands('opportunity', {
    OpenOpportunity: { description: 'Open.', allow, opportunityId: ref('opportunity'), amount: optional(money()) },
    MoveStage: { description: 'Move.', allow, about: 'state', opportunityId: ref('opportunity'), to: text() },
    AddContactRole: {
      description: 'Role.',
      allow,
      opportunityId: ref('opportunity'),
      leadId,
      worth: optional(money()),
    },
  }),
};
const capture = {
  command: 'CaptureLead',
  to: 'lead',
  data: { leadId: { template: 'x-{id}' }, email: { column: 'email' } },
};
const touch = {
  command: 'RecordTouch',
  to: 'lead',
  data: { leadId: { template: 'x-{id}' }, action: { column: 'action' } },
};

const folder = mkdtempSync(join(tmpdir(), 'baton-import-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A store with decisions: a repeated id returns the first result, an e-mail is captured once, touches need a lead. */
const store = () => {
  const decided = new Map<string, { hash: string; outcome: Accepted }>();
  const emails = new Map<string, string>();
  const leads = new Set<string>();
  const deals = new Map<string, string>();
  const sent: { to: string; id: string; command: AnyCommand }[] = [];
  const busy = new Set<string>();
  const log: string[] = [];
  let position = 0;
  const decide = (id: string, { type, data, meta }: AnyCommand): Outcome => {
    const hash = contentHash({ type, data });
    const before = decided.get(meta.commandId);
    if (before && before.hash !== hash) return new Refused('command/id-reused', 'Choose a new id.');
    if (before) return new Accepted(id, before.outcome.position, 0, before.outcome.events, true);
    if (type === 'CaptureLead') {
      const known = emails.get(data.email);
      if (known) return new Refused('lead/already-captured', `${data.email} is known.`, 'email', { leadId: known });
      if (data.email) emails.set(data.email, id);
      leads.add(id);
    } else if (type === 'RecordTouch' && !leads.has(id))
      return new Refused('lead/unknown', 'Capture the lead first.', 'leadId');
    else if (type === 'OpenOpportunity') {
      if (deals.has(id)) return new Refused('opportunity/already-opened', 'This deal exists.', 'opportunityId');
      deals.set(id, 'open');
    } else if (type === 'MoveStage') {
      if (!deals.has(id)) return new Refused('opportunity/unknown', 'Open the deal first.', 'opportunityId');
      if (deals.get(id) === data.to) return new Accepted(id, String(position).padStart(9, '0'), 0, 0, false);
      deals.set(id, data.to);
    }
    const outcome = new Accepted(id, String(++position).padStart(9, '0'), 0, 1, false);
    decided.set(meta.commandId, { hash, outcome });
    return outcome;
  };
  return {
    sent,
    log,
    emails,
    deals,
    send: async (to: string, id: string, command: AnyCommand) => {
      const stream = `${to}-${id}`;
      if (busy.has(stream)) throw new Error(`${stream} was sent two commands at once`);
      busy.add(stream);
      await new Promise((later) => setImmediate(later));
      busy.delete(stream);
      sent.push({ to, id, command });
      log.push(`${command.type} ${id}`);
      return decide(id, command);
    },
    clock: new FixedClock('2026-01-01T00:00:00.000Z'),
    settle: async () => void log.push('settled'),
    lookup: async (_kind: string, by: string, value: string) => (by === 'email' ? emails.get(value) : undefined),
  };
};
type Store = ReturnType<typeof store>;

const run = async (to: Store, mapping: object, content: string | Buffer, more: Partial<Import> = {}) => {
  const file = join(folder, 'file.csv');
  writeFileSync(file, content);
  const faults: RowFault[] = [];
  const result = await importFile({
    secret: Buffer.alloc(32),
    startRun: async () => 1,
    mapping: mappingOf({ name: 'people', ...mapping }, aggregates),
    file,
    aggregates,
    ...to,
    report: (fault) => void faults.push(fault),
    ...more,
  });
  return { result, faults };
};

describe('an import', () => {
  const people = { key: ['id'], commands: [capture, touch] };
  const three = 'id,email,action\n1,a@x,call\n2,b@x,mail\n3,c@x,=cmd()\n';

  it('sends the commands of each row as backfill, with one correlation id', async () => {
    const to = store();
    const dated = { ...touch, occurredAt: { column: 'id', date: 'yyyy', zone: 'UTC' } };
    const { result } = await run(to, { commands: [capture, dated] }, 'id,email,action\n2024,a@x,call\n');
    expect(result).toEqual({ rows: 1, accepted: 1, repeated: 0, rejected: 0, events: 2 });
    const [first, second] = to.sent.map(({ command }) => command);
    expect(second).toEqual({
      type: 'RecordTouch',
      data: { leadId: 'x-2024', action: 'call' },
      meta: {
        commandId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        correlationId: first!.meta.correlationId,
        actor: 'import:people',
        origin: 'connector',
        mode: 'backfill',
        sequence: 5, // the second command of the second line
        occurredAt: '2024-01-01T00:00:00.000Z',
      },
    });
    expect(first!.meta.occurredAt).toBeUndefined();
    expect(first!.meta.commandId).not.toBe(second!.meta.commandId);
  });

  it('adds nothing the second time', async () => {
    const to = store();
    expect((await run(to, people, three)).result).toMatchObject({ accepted: 3, events: 6 });
    const again = await run(to, people, three.replaceAll('\n', '\r\n'));
    expect(again.result).toEqual({ rows: 3, accepted: 0, repeated: 3, rejected: 0, events: 0 });
  });

  it('continues where it was stopped', async () => {
    const to = store();
    let left = 3;
    const send: Store['send'] = (...command) =>
      left-- > 0 ? to.send(...command) : Promise.reject(new Error('killed'));
    await expect(run(to, people, three, { send, waveRows: 1 })).rejects.toThrow('killed');
    expect((await run(to, people, three)).result).toEqual({
      rows: 3,
      accepted: 2,
      repeated: 1,
      rejected: 0,
      events: 3,
    });
    expect(to.sent.at(-1)!.command.data.action).toBe('=cmd()');
  });

  it.each([
    ['its key', people],
    ['its content', { commands: [capture, touch] }],
  ])('derives ids from %s that nobody can guess: another secret gives other ids', async (_, mapping) => {
    const namesUnder = async (secret: Buffer) => {
      const to = store();
      await run(to, mapping, three, { secret });
      return to.sent.flatMap(({ command: { meta } }) => [meta.commandId, meta.correlationId]);
    };
    const names = await namesUnder(Buffer.alloc(32, 1));
    expect(await namesUnder(Buffer.alloc(32, 1))).toEqual(names);
    const others = await namesUnder(Buffer.alloc(32, 2));
    expect(others.filter((name) => names.includes(name))).toEqual([]);
  });

  it.each(['log/unavailable', 'documents/unavailable', 'keys/unavailable', 'log/clock-jumped'])(
    'rejects no row for %s: it stops, and continues when it is started again',
    async (code) => {
      const to = store();
      let left = 3;
      const send: Store['send'] = (...command) =>
        left-- > 0 ? to.send(...command) : Promise.reject(new Conflict(code, 'Not now.'));
      const reported: RowFault[] = [];
      const report = (fault: RowFault) => void reported.push(fault);
      await expect(run(to, people, three, { send, report })).rejects.toMatchObject({ code });
      expect(reported).toEqual([]);
      expect((await run(to, people, three)).result).toMatchObject({ rows: 3, rejected: 0, events: 3 });
    },
  );

  it('keeps true duplicates if no key is declared, and recognises them again', async () => {
    const to = store();
    await run(to, people, 'id,email,action\n1,a@x,call\n');
    const touches = 'id,email,action\n1,a@x,mail\n1,a@x,mail\n1,a@x,call\n';
    const keyless = { name: 'touches', commands: [touch] };
    expect((await run(to, keyless, touches)).result).toMatchObject({ accepted: 3, events: 3 });
    expect((await run(to, keyless, touches)).result).toMatchObject({ repeated: 3, events: 0 });
    // One more equal row: only that one is new, wherever it is in the file.
    const more = `${touches}1,a@x,mail\n`;
    expect((await run(to, keyless, more)).result).toMatchObject({ accepted: 1, repeated: 3, events: 1 });
  });

  it('refuses a second row with the same key and different content', async () => {
    const { result, faults } = await run(store(), people, 'id,email,action\n1,a@x,call\n1,a@x,mail\n');
    expect(result).toEqual({ rows: 2, accepted: 1, repeated: 0, rejected: 1, events: 2 });
    expect(faults).toEqual([
      { line: 3, column: '', code: 'command/id-reused', message: 'RecordTouch: Choose a new id.' },
    ]);
  });

  describe('of a nightly export', () => {
    const open = {
      command: 'OpenOpportunity',
      to: 'opportunity',
      onRefused: { 'opportunity/already-opened': 'continue' },
      data: { opportunityId: { template: 'd-{id}' }, amount: { column: 'amount', money: 'USD' } },
    };
    const move = {
      command: 'MoveStage',
      to: 'opportunity',
      data: { opportunityId: { template: 'd-{id}' }, to: { column: 'stage' } },
    };
    const night = (stage: string, amount = '1.00') => `id,stage,amount\n1,${stage},${amount}\n2,demo,1.00\n`;

    it.each([
      ['with a key', { key: ['id'], commands: [open, move] }],
      ['without one', { commands: [open, move] }],
    ])('sends the current state even if it was sent before, %s', async (_, mapping) => {
      const to = store();
      const results = [];
      for (const [index, stage] of ['demo', 'contract', 'demo'].entries())
        results.push((await run(to, mapping, night(stage), { startRun: async () => index + 1 })).result);
      expect(results.map(({ accepted, repeated, rejected }) => [accepted, repeated, rejected])).toEqual([
        [2, 0, 0],
        [1, 1, 0],
        [1, 1, 0],
      ]);
      expect(to.deals.get('d-1')).toBe('demo');
      const again = await run(to, mapping, night('demo'), { startRun: async () => 3 });
      expect(again.result).toMatchObject({ repeated: 2, events: 0 });
    });

    it('repeats the commands of the same run, whatever was sent elsewhere since', async () => {
      const to = store();
      await run(to, { commands: [open, move] }, night('demo'));
      to.deals.set('d-1', 'moved by hand');
      await run(to, { commands: [open, move] }, night('demo'));
      expect(to.deals.get('d-1')).toBe('moved by hand');
      await run(to, { commands: [open, move] }, night('demo'), { startRun: async () => 2 });
      expect(to.deals.get('d-1')).toBe('demo');
    });

    it('sends a changed row with a known key again', async () => {
      const to = store();
      const strict = { ...open, onRefused: {} };
      await run(to, { key: ['id'], commands: [strict] }, night('demo'));
      const { result, faults } = await run(to, { key: ['id'], commands: [strict] }, night('demo', '2.00'), {
        startRun: async () => 2,
      });
      expect(result).toMatchObject({ repeated: 1, rejected: 1 });
      expect(faults).toMatchObject([{ line: 2, code: 'opportunity/already-opened' }]);
    });
  });

  it('finishes a row that another one depends on before that one', async () => {
    const to = store();
    const when = (kind: string) => ({ column: 'kind', equals: kind });
    const dealOf = { opportunityId: { template: 'd-{deal}' } };
    const mapping = {
      commands: [
        { command: 'OpenOpportunity', to: 'opportunity', when: when('open'), data: dealOf },
        {
          command: 'AddContactRole',
          to: 'opportunity',
          when: when('role'),
          data: { ...dealOf, leadId: { template: 'x-{id}' } },
        },
        { ...capture, when: when('lead') },
      ],
    };
    await run(to, mapping, 'id,kind,deal,email\n1,lead,,a\n1,role,7,\n2,role,8,\n2,lead,,b\n3,lead,,c\n');
    expect(to.log).toEqual([
      ...['CaptureLead x-1', 'AddContactRole d-8', 'CaptureLead x-3', 'settled'],
      ...['AddContactRole d-7', 'CaptureLead x-2', 'settled'],
    ]);
  });

  describe('of rows above the rows they depend on', () => {
    const dated = {
      ...touch,
      when: { column: 'action', blank: false },
      occurredAt: { column: 'at', date: 'yyyy', zone: 'UTC' },
    };
    const mapping = { commands: [{ ...capture, when: { column: 'action', blank: true } }, dated] };
    const newestFirst = 'id,email,action,at\n1,,mail,2022\n9,,mail,2022\n1,,call,2021\n1,a@x,,2020\n';

    it('tries them again as long as that writes new events', async () => {
      const to = store();
      const { result, faults } = await run(to, mapping, newestFirst);
      expect(result).toEqual({ rows: 4, accepted: 3, repeated: 0, rejected: 1, events: 3 });
      expect(faults).toMatchObject([{ line: 3, code: 'lead/unknown' }]);
      expect(to.log.filter((each) => each === 'RecordTouch x-9')).toHaveLength(3);
      expect((await run(to, mapping, newestFirst)).result).toMatchObject({ repeated: 3, rejected: 1, events: 0 });
    });

    it('tries them once if nothing was new', async () => {
      const to = store();
      await run(to, mapping, 'id,email,action,at\n9,,mail,2022\n');
      expect(to.log).toEqual(['RecordTouch x-9']);
    });

    it('does not retry commands about the present, where the order of rows matters', async () => {
      const to = store();
      const now = {
        commands: [
          { ...capture, when: { column: 'action', blank: true } },
          { ...touch, when: dated.when },
        ],
      };
      const { result } = await run(to, now, 'id,email,action\n1,,mail\n1,a@x,\n');
      expect(result).toMatchObject({ accepted: 1, rejected: 1 });
    });

    it('counts equal rows the same way in each reading', async () => {
      const to = store();
      const twice = 'id,email,action,at\n1,,mail,2022\n1,,mail,2022\n1,a@x,,2020\n';
      expect((await run(to, mapping, twice)).result).toMatchObject({ accepted: 3, events: 3 });
    });
  });

  it('sends rows in parallel, but never two commands of one stream, and waits for policies in between', async () => {
    const to = store();
    await run(to, { commands: [capture, touch] }, 'id,email,action\n1,a,x\n2,b,x\n1,,y\n3,c,x\n');
    expect(to.log).toEqual([
      ...['CaptureLead x-1', 'CaptureLead x-2', 'CaptureLead x-3', 'settled'],
      ...['RecordTouch x-1', 'RecordTouch x-2', 'RecordTouch x-3', 'settled'],
      ...['CaptureLead x-1', 'settled', 'RecordTouch x-1', 'settled'],
    ]);
  });

  it('waits for the policies as often for rows sorted by lead as for mixed ones, and keeps the order of each lead', async () => {
    const ids = Array.from({ length: 20 }, (_, id) => id);
    const sorted = ids.flatMap((id) => ['a', 'b', 'c'].map((action) => `${id},,${action}`));
    const mixed = ['a', 'b', 'c'].flatMap((action) => ids.map((id) => `${id},,${action}`));
    const logs = [];
    for (const rows of [sorted, mixed]) {
      const to = store();
      const sent: string[] = [];
      const send: Import['send'] = (target, id, command) => {
        if (command.type === 'RecordTouch') sent.push(`${id} ${(command.data as { action: string }).action}`);
        return to.send(target, id, command);
      };
      await run(to, { commands: [capture, touch] }, `id,email,action\n${rows.join('\n')}\n`, { send });
      logs.push({
        rounds: to.log.filter((line) => line === 'settled').length,
        ofEach: ids.map((id) => sent.filter((line) => line.startsWith(`x-${id} `))),
      });
    }
    expect(logs[0]).toEqual(logs[1]);
    expect(logs[0]).toEqual({
      rounds: 6,
      ofEach: ids.map((id) => ['a', 'b', 'c'].map((action) => `x-${id} ${action}`)),
    });
  });

  it('gives a unique value to the row that comes first, however late its own turn comes', async () => {
    const to = store();
    const { faults } = await run(
      to,
      { commands: [capture] },
      'id,email\n1,a@example.org\n1,b@example.org\n2,B@example.org\n',
    );
    expect(to.log).toEqual([
      ...['CaptureLead x-1', 'settled', 'CaptureLead x-1', 'settled', 'CaptureLead x-2', 'settled'],
    ]);
    expect(faults).toEqual([]);
  });

  it('keeps the good rows and reports the others without their content, in file order', async () => {
    const content = [
      'id,email,action',
      '1,secret@x,call',
      '2,b@x',
      '3,secret@x,call',
      `4,${'long'.repeat(20)},call`,
      '"5,x,call',
      '6,\0,call',
      '7,g@x,call',
      ' \u200b,h@x,call',
      '!,i@x,call',
    ].join('\n');
    const to = store();
    const { result, faults } = await run(to, people, content);
    expect(result).toEqual({ rows: 9, accepted: 2, repeated: 0, rejected: 7, events: 4 });
    expect(faults.map(({ line, column, code }) => `${line} ${column} ${code}`)).toEqual([
      '3  import/ragged-row',
      '4 email lead/already-captured',
      '5 email command/invalid',
      '6  import/unclosed-quote',
      '7  import/nul-character',
      '9 id import/blank-key',
      '10  command/invalid',
    ].map((line) => line.replace('10  ', '10 id '))); // prettier-ignore
    expect(JSON.stringify(faults)).not.toMatch(/secret|long|@x/);
    expect(to.sent.map(({ id }) => id)).toEqual(['x-1', 'x-7', 'x-1', 'x-7', 'x-3']);
  });

  it('reports faults of the file before it sends anything', async () => {
    for (const [content, code, path] of [
      ['', 'import/empty-file', ''],
      ['id,email\n1,a\n', 'import/unknown-column', 'action'],
      ['id,email,action,id\n1,a,b,c\n', 'import/duplicate-column', 'id'],
      ['id,"email,action\n1,a,b\n', 'import/bad-header', ''],
    ] as const) {
      const to = store();
      const startRun = async () => (to.log.push('started'), 1);
      await expect(run(to, people, content, { startRun })).rejects.toMatchObject({ code, path });
      expect(to.log).toEqual([]);
    }
  });

  it('sends nothing in a dry run, and finds the same faults', async () => {
    const to = store();
    const { result, faults } = await run(to, people, `${three}4,${'long'.repeat(20)},call\n`, { dryRun: true });
    expect(result).toEqual({ rows: 4, accepted: 3, repeated: 0, rejected: 1, events: 0 });
    expect(faults).toMatchObject([{ line: 5, column: 'email', code: 'command/invalid' }]);
    expect(to.log).toEqual([]);
  });

  it('finds a lead that an earlier row of the same file captures', async () => {
    const role = {
      command: 'AddContactRole',
      to: 'opportunity',
      when: { column: 'boss', blank: false },
      data: { opportunityId: { template: 'd-{id}' }, leadId: { lookup: 'lead', email: { column: 'boss' } } },
    };
    const to = store();
    const mapping = { commands: [{ ...capture }, role] };
    const { result, faults } = await run(to, mapping, 'id,email,boss\n1,a@x,\n2,b@x,a@x\n3,c@x,z@x\n4,d@x,b@x\n');
    expect(result).toMatchObject({ accepted: 3, rejected: 1 });
    expect(faults).toMatchObject([{ line: 4, column: 'boss', code: 'import/lead-not-found' }]);
    expect(to.sent.filter(({ to }) => to === 'opportunity').map(({ command }) => command.data.leadId)).toEqual([
      'x-1',
      'x-2',
    ]);
  });

  it('continues with the lead named by a refusal, if the mapping says so', async () => {
    const to = store();
    to.emails.set('a@x', 'old');
    const going = { ...capture, onRefused: { 'lead/already-captured': 'continue' } };
    const role = {
      command: 'AddContactRole',
      to: 'opportunity',
      data: { opportunityId: 'd', leadId: { template: 'x-{id}' } },
    };
    const content = 'id,email\n1,a@x\n';
    const { result } = await run(to, { key: ['id'], commands: [going, role] }, content);
    expect(result).toEqual({ rows: 1, accepted: 1, repeated: 0, rejected: 0, events: 1 });
    expect(to.sent.at(-1)).toMatchObject({ to: 'opportunity', id: 'd', command: { data: { leadId: 'old' } } });
    expect((await run(to, { key: ['id'], commands: [going, role] }, content)).result).toMatchObject({ repeated: 1 });
    expect((await run(store(), { commands: [{ ...going, when: { column: 'id', blank: true } }] }, content)).result) // nothing to do
      .toEqual({ rows: 1, accepted: 1, repeated: 0, rejected: 0, events: 0 });
  });

  it('reads a file larger than its waves, and reports progress', async () => {
    const content = `id,email,action\n${Array.from({ length: 1_234 }, (_, id) => `${id},,call\n`).join('')}`;
    const seen: { rows: number; bytes: number }[] = [];
    const onProgress = (progress: { rows: number; bytes: number }) => void seen.push(progress);
    const { result } = await run(store(), people, content, { onProgress, waveRows: 100 });
    expect(result).toMatchObject({ rows: 1_234, accepted: 1_234, events: 2_468 });
    expect(seen).toHaveLength(13);
    expect(seen.at(-1)).toEqual({ rows: 1_234, bytes: Buffer.byteLength(content) });
  });
});
