import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@baton/kernel/testing';
import { baton, batonJson, batonRunning, temporaryFolder } from './support/baton';
import { eventsIn } from './support/crash';

interface Told {
  readonly looked: number;
  readonly qualified: number;
  readonly refused: number;
}

describe('baton definitions apply', () => {
  const folder = temporaryFolder();
  const events = (...types: string[]) => eventsIn(join(folder, 'log.db'), ...types);
  const qualifiedBy = async (ref: string) =>
    (await events('LeadQualified')).filter(({ data }) => (data as { definition: string }).definition === ref);
  const apply = () => batonJson<Told>(folder, 'definitions', 'apply', '--kind', 'mql', '--as', 'tilda');
  const agree = async (number: number, criteria: object) => {
    const body = join(folder, `mql-${number}.json`);
    writeFileSync(body, JSON.stringify({ criteria }));
    const version = ['--kind', 'mql', '--number', String(number)];
    await batonJson(
      folder,
      'definitions',
      'propose',
      '--kind',
      'mql',
      '--body',
      body,
      '--reason',
      'test',
      '--as',
      'tilda',
    );
    await batonJson(folder, 'definitions', 'approve', ...version, '--team', 'marketing', '--as', 'ines');
    await batonJson(folder, 'definitions', 'approve', ...version, '--team', 'sales', '--as', 'otto');
  };
  beforeAll(async () => {
    await batonJson(folder, 'demo', '--once', '--today', '2024-07-01', '--scale', '0.03');
    await agree(3, { field: 'employees', gte: 200 });
  });

  it('qualifies the leads that meet a new version, in the name of the sender, and hands them off', async () => {
    const tip = (await events('LeadHandedOff')).length;
    const told = await apply();
    expect(told.looked).toBeGreaterThan(10);
    expect(told.qualified).toBeGreaterThan(0);
    expect(told.qualified).toBeLessThan(told.looked);
    const qualified = await qualifiedBy('mql@3');
    expect(qualified).toHaveLength(told.qualified);
    for (const { meta, data } of qualified) {
      expect(meta).toMatchObject({ actor: 'tilda', origin: 'person', mode: 'live' });
      expect(data).toHaveProperty('evidence');
    }
    expect((await events('LeadHandedOff')).length - tip).toBe(told.qualified);
  });

  it('changes nothing when it is repeated', async () => {
    const before = (await events('LeadQualified', 'LeadHandedOff')).length;
    expect(await apply()).toMatchObject({ qualified: 0 });
    expect(await events('LeadQualified', 'LeadHandedOff')).toHaveLength(before);
  });

  it('continues where it was killed: in the end every lead is qualified, once', async () => {
    await agree(4, { field: 'employees', gte: 1 });
    const killed = batonRunning(folder, 'definitions', 'apply', '--kind', 'mql');
    const gone = new Promise((resolve) => killed.once('exit', resolve));
    await eventually(async () => killed.exitCode !== null || (await qualifiedBy('mql@4')).length > 0);
    killed.kill('SIGKILL');
    await gone;
    const first = (await qualifiedBy('mql@4')).length;
    const told = await apply();
    const all = (await qualifiedBy('mql@4')).map(({ stream }) => stream);
    expect(all).toHaveLength(first + told.qualified);
    expect(new Set(all).size).toBe(all.length);
    expect(all.length).toBeGreaterThan(5);
    expect((await apply()).qualified).toBe(0);
  });

  it('is refused for a kind that is not evaluated again', async () => {
    const { status, stderr } = await baton(folder, 'definitions', 'apply', '--kind', 'loss-reasons');
    expect(status).toBe(1);
    expect(stderr).toContain('cli/nothing-to-apply');
  });
});
