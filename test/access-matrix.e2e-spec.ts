import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandBus } from '@nestjs/cqrs';
import { declaredAccess } from '@baton/audit';
import { recordAccessMatrix } from '@baton/audit/audit.module';
import { EventLog, roles, type Role } from '@baton/kernel';
import { FixedClock } from '@baton/kernel/testing';
import { servedParts } from '../apps/api/schema-modules';
import { baton, batonJson, Served, temporaryFolder } from './support/baton';

const tableOf = <T>(file: string): T => JSON.parse(readFileSync(join(__dirname, file), 'utf8')) as T;

describe('the access matrix of the declarations', () => {
  const rules = declaredAccess(servedParts);
  const byName = new Map(rules.map((rule) => [rule.name, rule]));

  it('names everything once, with the roles in one order', () => {
    expect(byName.size).toBe(rules.length);
    for (const { name, roles: may } of rules) {
      expect([name, may]).toEqual([name, roles.filter((role) => may.includes(role))]);
      expect([name, may.includes('admin')]).toEqual([name, true]);
    }
  });

  it('has for each operation the roles that a server lets call it', () => {
    const observed = tableOf<Record<string, Role[]>>('access-matrix.json');
    const declared = rules.filter(({ name }) => /^(Query|Mutation)\./.test(name));
    const matrix = Object.fromEntries(declared.map(({ name, roles: may }) => [name.replace(/^\w+\./, ''), may]));
    expect(matrix).toEqual(observed);
  });

  it('has for each field the roles that were given its value, and who was given null', () => {
    const observed = tableOf<Record<string, Record<string, string>>>('field-access.json');
    const unlike: unknown[] = [];
    let compared = 0;
    for (const [type, fields] of Object.entries(observed))
      for (const [field, text] of Object.entries(fields)) {
        const rule = byName.get(`${type}.${field}`);
        const isOfPages = /(Connection|Facet\w*|PageInfo)$/.test(type) || ['Money'].includes(type) || field === 'id';
        if (!rule) {
          if (!isOfPages) unlike.push({ type, field, text });
          continue;
        }
        if (!text.startsWith('value')) continue; // nothing was there to be asked for
        const without = (outcome: string) => new RegExp(`${outcome}: ([a-z, ]+)`).exec(text)?.[1]!.split(', ') ?? [];
        const denied = [...without('denied'), ...without('null')];
        compared++;
        const seen = { roles: roles.filter((role) => !denied.includes(role)), personal: without('null').length > 0 };
        if (JSON.stringify(seen.roles) !== JSON.stringify(rule.roles) || (seen.personal && !rule.personal))
          unlike.push([type, field, text, rule.roles.join(), rule.personal]);
      }
    expect(unlike).toEqual([]);
    const isField = (name: string) => !/^(Query|Mutation|Subscription|Export)\./.test(name);
    const shown = rules.map(({ name }) => name.split('.') as [string, string]);
    const unknown = shown.filter(([type, field]) => isField(`${type}.`) && !observed[type]?.[field]);
    expect(unknown).toEqual([]);
    expect(compared).toBeGreaterThan(1_000);
  });
});

interface Matrix {
  readonly accessMatrix: {
    readonly recordedAt: string;
    readonly release: string;
    readonly digest: string;
    readonly rules: {
      readonly totalCount: number;
      readonly nodes: readonly { type: string; name: string; roles: readonly string[]; personal: boolean }[];
    };
  };
}

describe('the access matrix as of any day', () => {
  const folder = temporaryFolder();
  // Ahead of the machine, so that the log's own time is never later than now.
  const clock = new FixedClock();
  const day = (n: number) => `2031-01-0${n}T10:00:00.000Z`;
  let served: Served;
  const restart = async (at: string) => {
    await served.stop();
    clock.instant = at;
    served = await Served.start(folder, [], clock);
    await served.settle();
  };
  const recorded = () => served.app.get(EventLog).read('matrix-access');
  const ask = (args: string, as: Role = 'auditor') =>
    served.ask<Matrix>(
      `{ accessMatrix(${args}) { recordedAt release digest rules(first: 5) { totalCount nodes { type name roles personal } } } }`,
      [as],
    );
  const asked = async (args: string) => {
    const { data, errors } = await ask(args);
    expect(errors).toBeUndefined();
    return data.accessMatrix;
  };
  const codeOf = async (args: string, as?: Role) => (await ask(args, as)).errors?.map(({ extensions }) => extensions);
  const email = 'type: "Lead", name: "email"';
  const whoReads = async (args: string) => (await asked(`${email}, ${args}`)).rules.nodes[0]!.roles;
  const now = ['MARKETING', 'SALES', 'SUCCESS', 'REVOPS', 'ADMIN'];
  let own: number;

  beforeAll(async () => {
    clock.instant = day(2);
    served = await Served.start(folder, [], clock);
    await served.settle();
    own = declaredAccess(servedParts).length;
    // Another release ran here on the fourth: it let analysts read addresses, and had one mutation less.
    clock.instant = day(4);
    const rules = declaredAccess(servedParts)
      .filter(({ name }) => name !== 'Mutation.captureLead')
      .map((rule) => (rule.name === 'Lead.email' ? { ...rule, roles: ['analyst', 'admin'] as const } : rule));
    await recordAccessMatrix(served.app.get(CommandBus), { release: '0.0.9', rules });
    await restart(day(6));
  });
  afterAll(() => served.stop());

  it('is recorded by a server that starts with another one than the last, and by no other', async () => {
    const changes = (await recorded()).map(({ data, meta }) => [
      meta.occurredAt,
      (data as { changes: number }).changes,
      (data as { removed: readonly string[] }).removed,
    ]);
    expect(changes).toEqual([
      [day(2), own, []],
      [day(4), 2, ['Mutation.captureLead']],
      [day(6), 2, []],
    ]);
    await restart(day(7));
    expect(await recorded()).toHaveLength(3);
    const bytes = Buffer.byteLength(JSON.stringify((await recorded())[0]));
    expect(bytes).toBeLessThan(128 * 1024); // an append can have 1 MiB
  });

  it('is answered as it was before, between and after the changes', async () => {
    const before = `knownBy: "${day(1)}"`;
    expect(await codeOf(`asOf: { ${before} }`)).toEqual([{ code: 'access/no-matrix', field: 'asOf' }]);
    const [first, between, after] = [
      await asked(`asOf: { knownBy: "${day(3)}" }`),
      await asked(`asOf: { knownBy: "${day(5)}" }`),
      await asked('role: ADMIN'),
    ];
    expect(first).toMatchObject({ recordedAt: day(2), rules: { totalCount: own } });
    expect(between).toMatchObject({ recordedAt: day(4), release: '0.0.9', rules: { totalCount: own - 1 } });
    expect(after).toMatchObject({ recordedAt: day(6), release: first.release, rules: { totalCount: own } });
    expect([after.digest === first.digest, between.digest === first.digest]).toEqual([true, false]);
    expect(await whoReads(`asOf: { happenedBy: "2031-01-03" }`)).toEqual(now);
    expect(await whoReads(`asOf: { happenedBy: "2031-01-05" }`)).toEqual(['ANALYST', 'ADMIN']);
    expect(await whoReads('personal: true')).toEqual(now);
  });

  it('finds what a role may read, and refuses what the matrix does not have', async () => {
    const { rules } = await asked('type: "Mutation", role: SUCCESS');
    const byRole = declaredAccess(servedParts).filter(
      ({ name, roles: may }) => name.startsWith('Mutation.') && may.includes('success'),
    );
    expect(rules.totalCount).toBe(byRole.length);
    expect((await asked(`${email}, role: ANALYST`)).rules).toEqual({ totalCount: 0, nodes: [] });
    for (const [args, field] of [
      ['type: "Leda"', 'type'],
      ['type: "Lead", name: "emial"', 'type'],
      ['name: "emial"', 'name'],
    ])
      expect(await codeOf(args!)).toEqual([{ code: 'access/not-in-matrix', field }]);
    for (const role of roles.filter((one) => one !== 'auditor' && one !== 'admin'))
      expect([role, (await codeOf(email, role))?.[0]?.code]).toEqual([role, 'access/denied']);
  });

  it('is printed by the command line, also as of a past day', async () => {
    await served.stop();
    const args = ['report', 'access-matrix', '--type', 'Lead', '--name', 'email'];
    const { rules, release } = await batonJson<{ rules: object[]; release: string }>(
      folder,
      ...args,
      '--known-by',
      day(5),
    );
    expect([release, rules]).toEqual([
      '0.0.9',
      [{ type: 'Lead', name: 'email', roles: ['analyst', 'admin'], personal: true }],
    ]);
    const { status, stderr } = await baton(folder, ...args, '--known-by', day(1));
    expect([status, stderr]).toEqual([1, expect.stringContaining('access/no-matrix')]);
    served = await Served.start(folder, [], clock);
  });

  it('is proven, and shown to an auditor, like any other event', async () => {
    const [, second] = await recorded();
    await served.settle();
    const { data } = await served.ask<{
      inclusionProof: { leaf: { type: string } };
      caseFile: { nodes: { sentence: string }[] };
    }>(
      `{ inclusionProof(eventId: "${second!.id}") { leaf }
         caseFile(subject: "matrix-access", orderBy: OCCURRED) { nodes { sentence } } }`,
      ['auditor'],
    );
    expect(data.inclusionProof.leaf.type).toBe('AccessMatrixChanged');
    expect(data.caseFile.nodes[1]!.sentence).toBe('With release 0.0.9, 2 rules of who may read or call what changed');
    const { stdout } = await baton(folder, 'events', '--types', 'AccessMatrixChanged');
    expect(stdout.trim().split('\n')).toHaveLength(3);
  });
});
