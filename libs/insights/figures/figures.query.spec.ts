import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { definitions } from '@baton/definitions';
import { fromMs, toMs } from '@baton/kernel';
import { recorded, repetitions } from '@baton/kernel/testing';
import { directory, entryAt, type PersonEvent } from '@baton/directory';
import { leads, leadStageStays, type LeadDocument } from '@baton/leads';
import { dealChanges, deals, dealStageStays, touches, type Deal, type OpportunityEvent } from '@baton/opportunities';
import { EmbeddedDocuments, ReadModels } from '@baton/platform/documents';
import { dataFile, describeWithData } from '../../../test/support/data';
import {
  anyDeal,
  anyWorld,
  ids,
  NOW,
  START,
  storedStays,
  storeOf,
  storeOfWorld,
  word,
  type AnyWorld,
} from '../../../test/support/figure-worlds';
import { modelsOf } from '../../../test/support/read-models';
import { figureOf, figures } from './catalogue.rules';
import { roundedInteger, textOfExact } from './exact.rules';
import type { Fact } from './fact.rules';
import { dimensionsOf, isAdditive, type Figure } from './figure.rules';
import { askFigures, MAX_GROUPS, rowsBehind, type ComparedValue, type Scope, builtInOfFigures } from './figures.query';
import { grains } from './scope.rules';

const asked = async (models: ReadModels, code: string, scope: Partial<Scope> = {}, at = NOW) => {
  const { figures: found } = await askFigures(
    models,
    [figureOf(code)],
    { filters: {}, ...scope },
    at,
    builtInOfFigures,
  );
  return found[0]!;
};
const text = (one: ComparedValue | undefined): string | null => (one?.value ? textOfExact(one.value) : null);
const minorOf = (one: ComparedValue | undefined): number | null =>
  one?.value ? Number(roundedInteger(one.value)) : null;

const periods: readonly Partial<Scope>[] = [{}, { from: '2024-02-01', to: '2024-05-15' }, { period: '2024-Q2' }];
const zones = ['UTC', 'America/Havana'];
const total = (values: readonly ComparedValue[], currency: string | null): bigint =>
  values.filter((one) => one.currency === currency).reduce((all, one) => all + roundedInteger(one.value!), 0n);

/** Groups add up to the total, and the rows behind a number are as many as it says. */
const checkFigure = async (models: ReadModels, figure: Figure, scope: Scope) => {
  const {
    figures: [found],
  } = await askFigures(models, [figure], scope, NOW, builtInOfFigures);
  const name = `${figure.code} ${JSON.stringify(scope)}`;
  const values = found!.groups.flatMap((group) => group.values);
  const calendar = grains.some((grain) => grain === scope.by);
  if (isAdditive(figure, calendar))
    for (const one of found!.total)
      if (one.value) expect([name, total(values, one.currency)]).toEqual([name, roundedInteger(one.value)]);
  const flows = 'at' in figure.rows.time || !calendar;
  if (figure.value.kind === 'ratio' && flows)
    for (const side of ['numerator', 'denominator'] as const) {
      const added = values.reduce((sum, one) => sum + (one[side] ?? 0n), 0n);
      expect([name, added]).toEqual([name, found!.total[0]![side]]);
    }
  if (figure.value.kind === 'derived') return;
  const some = found!.groups
    .filter(({ values: its }) => its.some(({ support }) => support > 0))
    .slice(0, repetitions(4, 400));
  for (const { group, values: its } of [{ group: undefined, values: found!.total }, ...some])
    for (const one of its) {
      const of = { group, ...(one.currency !== null && { currency: one.currency }) };
      const behind = await rowsBehind(models, figure, scope, { ...of, side: 'denominator' }, NOW, builtInOfFigures);
      const key = [name, group, one.currency];
      expect([...key, behind.length]).toEqual([...key, one.support]);
      expect(new Set(behind.map(({ id }) => id)).size).toBe(behind.length);
      if (figure.value.kind !== 'ratio') continue;
      const over = await rowsBehind(models, figure, scope, { ...of, side: 'numerator' }, NOW, builtInOfFigures);
      expect([...key, BigInt(over.length)]).toEqual([...key, one.numerator]);
    }
};

const emptyRows = ({ columns }: Fact) => columns.empty();

describe('figures', () => {
  it('add up over every dimension and part of the calendar, and list the rows that they count', async () => {
    const world = fc.sample(anyWorld, { numRuns: 1, seed: 7 })[0]!;
    const models = await storeOfWorld(world);
    // Of figures that are made alike a few stand for all.
    const seen = new Map<string, number>();
    const checked = figures.filter(({ code }) => {
      const family = /-to-|-leg-|^(?:deal|lead|activity)-(?:path|transition|re)/.exec(code)?.[0];
      if (family === undefined) return true;
      seen.set(family, (seen.get(family) ?? 0) + 1);
      return seen.get(family)! <= repetitions(2, 100);
    });
    let turn = 0;
    const periodsOf = (index: number) => (repetitions(1, 0) ? [periods[index % 3]!] : periods);
    for (const figure of checked)
      for (const by of [
        ...dimensionsOf(figure),
        ...grains.slice(repetitions(1, 0)),
        ...(figure.code === 'win-rate' ? ['day'] : []),
      ])
        for (const period of periodsOf(turn++))
          for (const timeZone of by === 'month' ? zones : ['UTC'])
            await checkFigure(models, figure, { ...period, timeZone, by, filters: {} });
  });

  it('are the same in any store', async () => {
    const [world] = fc.sample(anyWorld, { numRuns: 1, seed: 8 });
    const file = await EmbeddedDocuments.open(':memory:');
    const [memory, embedded] = [await storeOfWorld(world!), await storeOfWorld(world!, file)];
    for (const by of [undefined, 'owner', 'source', 'month'])
      for (const figure of figures) {
        if (by && by !== 'month' && !dimensionsOf(figure).includes(by)) continue;
        const scope = { by, filters: {} };
        const strip = (answer: unknown) =>
          JSON.stringify(answer, (_, one) => (typeof one === 'bigint' ? `${one}` : (one as unknown)));
        expect(strip(await askFigures(embedded, [figure], scope, NOW, builtInOfFigures))).toEqual(
          strip(await askFigures(memory, [figure], scope, NOW, builtInOfFigures)),
        );
      }
    await file.close();
  });

  it('are those of the documents, counted one by one', async () => {
    await fc.assert(
      fc.asyncProperty(anyWorld, word, async (world, owner) => {
        const models = await storeOfWorld(world);
        const [from, to] = ['2024-02-01T00:00:00.000Z', '2024-05-01T00:00:00.000Z'];
        const scope = { from: '2024-02-01', to: '2024-05-01', filters: { owner: { in: [owner] } } };
        const own = world.deals.filter((deal) => deal.owner === owner);
        const closed = own.filter(({ closedAt }) => closedAt !== null && closedAt >= from && closedAt < to);
        const won = closed.filter(({ status }) => status === 'won');
        const rate = await asked(models, 'win-rate', scope);
        expect(rate.total[0]).toMatchObject({ numerator: BigInt(won.length), denominator: BigInt(closed.length) });
        for (const currency of ['EUR', 'USD']) {
          const amounts = won.filter((deal) => deal.currency === currency).map(({ amountMinor }) => amountMinor!);
          const found = (await asked(models, 'won-amount', scope)).total.find((one) => one.currency === currency);
          expect(minorOf(found)).toBe(amounts.length === 0 ? null : amounts.reduce((a, b) => a + b));
        }
        const open = ['deal-0', 'deal-1'].filter((id) => {
          const known = world.changes
            .filter(({ opportunityId, at }) => opportunityId === id && at < to)
            .sort((a, b) => (a.at === b.at ? (a.changeId < b.changeId ? -1 : 1) : a.at < b.at ? -1 : 1));
          const last = known.at(-1);
          return last?.status === 'open' && last.owner === owner && known.some(({ what }) => what === 'opened');
        });
        expect(text((await asked(models, 'open-deals', scope)).total[0])).toBe(String(open.length));
        const cohort = world.leads.filter(
          (lead) =>
            !lead.mergedInto &&
            ((at) => at !== undefined && at >= from && at < to)(lead.history.find(({ stage }) => stage === 'mql')?.at),
        );
        const went = cohort.filter(({ history }) =>
          history
            .slice(history.findIndex(({ stage }) => stage === 'mql'))
            .some(({ stage }) => ['sql', 'opportunity', 'customer'].includes(stage)),
        );
        const conversion = await asked(models, 'mql-to-sql', { from: '2024-02-01', to: '2024-05-01' });
        expect(conversion.total[0]).toMatchObject({
          ...{ numerator: BigInt(went.length), denominator: BigInt(cohort.length) },
        });
      }),
      { numRuns: repetitions(15, 500) },
    );
  });

  it('are the same after documents are put again as from documents that are packed once', async () => {
    await fc.assert(
      fc.asyncProperty(anyWorld, anyWorld, async (before, after) => {
        for (const { fact, docs } of [
          { fact: figureOf('win-rate').rows.fact, docs: (world: AnyWorld) => world.deals },
          { fact: figureOf('handoffs').rows.fact, docs: (world: AnyWorld) => world.handoffs },
          { fact: figureOf('captured-leads').rows.fact, docs: (world: AnyWorld) => world.leads },
        ]) {
          const [twice, once] = [emptyRows(fact), emptyRows(fact)];
          const idOf = (doc: object): string => Object.values(doc)[0] as string;
          for (const doc of [...docs(before), ...docs(after)]) twice.put(idOf(doc), doc);
          for (const doc of docs(after)) once.put(idOf(doc), doc);
          const rowsOf = (rows: typeof once) =>
            rows.ids
              .map((id, place) => ({
                id,
                ...Object.fromEntries(Object.entries(rows.numbers).map(([name, values]) => [name, values[place]])),
                ...Object.fromEntries(
                  Object.entries(rows.texts).map(([name, { codes, words }]) => [name, words[codes[place]!]]),
                ),
                entity: rows.entities[place],
                alive: rows.alive[place] === 1 && rows.placeOf(id) === place,
              }))
              .filter(({ alive }) => alive)
              .sort((a, b) => (a.id < b.id ? -1 : 1));
          expect(rowsOf(twice)).toEqual(rowsOf(once));
        }
      }),
      { numRuns: repetitions(10, 300) },
    );
  });

  it('say how many erased people their rows are about, each counted once and as the survivor of its merges', async () => {
    await fc.assert(
      fc.asyncProperty(anyWorld, fc.subarray(['a', 'b', 'c', ...ids('lead-', 9)]), async (world, erased) => {
        const into: Readonly<Record<string, string>> = { a: 'b', 'lead-0': 'lead-1' };
        const people = world.leads.map((lead) => ({
          ...{ ...lead, mergedInto: into[lead.leadId] },
          ...(erased.includes(lead.leadId) && { erasedAt: NOW }),
        })) as unknown as typeof world.leads;
        const models = await storeOfWorld({ ...world, leads: people });
        const rolesOf = new Map(world.deals.map(({ opportunityId, roles }) => [opportunityId, roles]));
        for (const [code, by] of [
          ...[['captured-leads', 'source'] as const, ['handoffs', 'rep'] as const, ['touches', 'team'] as const],
          ...[
            ['won-deals', 'owner'] as const,
            ['win-rate', 'owner'] as const,
            ['deal-stage-entries', 'stage'] as const,
          ],
        ]) {
          const { erased: all, groups } = await asked(models, code, { by });
          const counted = async (group?: (typeof groups)[number]['group']) => {
            const scope = { by, filters: {} };
            const rows = await rowsBehind(
              models,
              figureOf(code),
              scope,
              { group, side: 'denominator' },
              NOW,
              builtInOfFigures,
            );
            const about = rows.flatMap(({ entity, entityId }) =>
              entity === 'Lead' ? [entityId] : rolesOf.get(entityId)!.map(({ leadId }) => leadId),
            );
            return new Set(about.filter((id) => erased.includes(id)).map((id) => into[id] ?? id)).size;
          };
          expect([code, all]).toEqual([code, await counted()]);
          for (const { group, erased: its } of groups)
            expect([code, group, its]).toEqual([code, group, await counted(group)]);
        }
      }),
      { numRuns: repetitions(10, 300) },
    );
  });

  it('say which versions of definitions decided their rows, and whether anything may still change them', async () => {
    const [world] = fc.sample(anyWorld, { numRuns: 1, seed: 9 });
    const models = await storeOfWorld(world!);
    const named = world!.handoffs.flatMap(({ handoffs: all }) => all.map(({ definition }) => definition));
    expect((await asked(models, 'handoffs')).definitions).toEqual([...new Set(named)].sort());
    expect((await asked(models, 'won-deals')).definitions).toEqual([]);
    const over = { from: '2024-02-01', to: '2024-05-01' };
    expect((await asked(models, 'won-deals', over)).complete).toBe(true);
    expect((await asked(models, 'won-deals', { ...over, to: '2024-08-01' })).complete).toBe(false);
    const open = await asked(models, 'lead-to-customer', over);
    expect(open.complete).toBe(open.total[0]!.open === 0);
    await models.documents.commit({
      follower: 'deals-v' + deals.version,
      checkpoint: { position: '2', count: 1, digest: '' },
      parked: [
        { follower: `deals-v${deals.version}`, sequence: 'x', position: '2', eventId: 'e', code: 'x', message: '' },
      ],
      fence: { lease: 'x', token: 1 },
    });
    expect((await asked(models, 'won-deals', over)).complete).toBe(false);
    expect((await asked(models, 'captured-leads', over)).complete).toBe(true);
  });

  it('of a history no longer count rows that were dropped', () => {
    const rows = emptyRows(figureOf('stage-entries').rows.fact);
    const stay = (stayId: string) => ({ stayId, leadId: 'a', enteredAt: NOW, stage: 'mql' });
    for (const id of ['1', '2']) rows.put(`a/${id}`, stay(id));
    rows.put('b/3', stay('3'));
    rows.retain('a', new Set(['a/2']));
    const alive = () => rows.ids.filter((id, place) => rows.alive[place] === 1 && rows.placeOf(id) === place).sort();
    expect(alive()).toEqual(['2', '3']);
    rows.put('a/4', stay('4'));
    expect(alive()).toEqual(['2', '3', '4']);
    expect(rows.count).toBe(3);
  });

  it('of more groups than are shown have the rest as one, which adds up', async () => {
    const many = Array.from({ length: MAX_GROUPS + 50 }, (_, index) => ({
      ...fc.sample(anyDeal(`deal-${index}`), { numRuns: 1, seed: index })[0]!,
      account: index < 20 ? 'large' : `account ${index}`,
    }));
    const models = await storeOf([
      [deals, many.map((doc) => [doc.opportunityId, doc] as const)],
      [leads, []],
    ]);
    const { groups, total: all } = await asked(models, 'opened-deals', { by: 'account' });
    expect(groups).toHaveLength(MAX_GROUPS);
    expect(groups[0]).toMatchObject({ group: { key: 'large' }, values: [{ support: 20 }] });
    const others = groups.at(-1)!;
    expect(others.group).toEqual({ key: null, isOther: true });
    expect(groups.reduce((sum, { values: [one] }) => sum + one!.support, 0)).toBe(all[0]!.support);
    const scope = { by: 'account', filters: {} };
    const behind = await rowsBehind(
      models,
      figureOf('opened-deals'),
      scope,
      { group: others.group, side: 'denominator' },
      NOW,
      builtInOfFigures,
    );
    expect(behind).toHaveLength(others.values[0]!.support);
  });

  it('of a hundred thousand groups have two hundred, which add up', async () => {
    const one = fc.sample(anyDeal('deal'), { numRuns: 1, seed: 1 })[0]!;
    const many = Array.from({ length: 100_000 }, (_, index) => ({
      ...{ ...one, opportunityId: `deal-${index}`, account: `account ${index}` },
    }));
    const models = await storeOf([
      [deals, many.map((doc) => [doc.opportunityId, doc] as const)],
      [leads, []],
    ]);
    const { groups, total: all } = await asked(models, 'opened-deals', { by: 'account' });
    expect([groups.length, all[0]!.support]).toEqual([MAX_GROUPS, 100_000]);
    expect(groups.at(-1)).toMatchObject({ group: { isOther: true }, values: [{ support: 100_001 - MAX_GROUPS }] });
  });

  it('compare with the period before, and with the year before', async () => {
    const opened = (id: string, openedAt: string) =>
      [id, { ...fc.sample(anyDeal(id), { numRuns: 1, seed: 1 })[0]!, openedAt: `${openedAt}T12:00:00.000Z` }] as const;
    const models = await storeOf([
      [
        deals,
        [opened('a', '2024-02-29'), opened('b', '2024-03-31'), opened('c', '2024-03-01'), opened('d', '2023-03-05')],
      ],
      [leads, []],
    ]);
    const values = async (scope: Partial<Scope>) => {
      const {
        total: [one],
      } = await asked(models, 'opened-deals', scope);
      return [text(one), one?.compared?.toString()];
    };
    expect(await values({ period: '2024-03', compare: 'previous-period' })).toEqual(['2', '1']);
    expect(await values({ period: '2024-03', compare: 'year-before' })).toEqual(['2', '1']);
    expect(await values({ from: '2024-03-01', to: '2024-04-01', compare: 'previous-period' })).toEqual(['2', '1']);
    expect(await values({ period: '2024', compare: 'previous-period' })).toEqual(['3', '1']);
  });

  it('count only what took no longer than a window, and leave a cohort open until its last window is over', async () => {
    const lead = (leadId: string, sqlAfterDays: number | undefined) => {
      const at = (days: number) => fromMs(START + days * 86_400_000);
      const moves = [
        ['lead', 0] as const,
        ['mql', 10] as const,
        ...(sqlAfterDays ? [['sql', 10 + sqlAfterDays] as const] : []),
      ];
      const history = moves.map(([stage, day]) => ({ stage, at: at(day), by: 'x', external: false }));
      return { leadId, capturedAt: at(0), history, stage: history.at(-1)!.stage } as unknown as LeadDocument;
    };
    const all = [lead('a', 5), lead('b', 30), lead('c', undefined)];
    const models = await storeOf([
      [leads, all.map((doc) => [doc.leadId, doc] as const)],
      [leadStageStays, storedStays(all)],
    ]);
    const counted = async (windowMs: number | undefined, days: number) => {
      const {
        total: [one],
      } = await asked(models, 'mql-to-sql', { windowMs }, fromMs(START + days * 86_400_000));
      return [one!.numerator, one!.denominator, one!.open];
    };
    expect(await counted(undefined, 100)).toEqual([2n, 3n, 1]);
    expect(await counted(20 * 86_400_000, 100)).toEqual([1n, 3n, 0]);
    expect(await counted(30 * 86_400_000, 39)).toEqual([2n, 3n, 1]);
    expect(await counted(30 * 86_400_000, 40)).toEqual([2n, 3n, 0]);
    const scope = { windowMs: 20 * 86_400_000, filters: {} };
    const behind = await rowsBehind(
      models,
      figureOf('mql-to-sql'),
      scope,
      { side: 'numerator' },
      NOW,
      builtInOfFigures,
    );
    expect(behind.map(({ id }) => id)).toEqual(['a']);
  });

  it('of conversions know a history of any length, in the order of the log, and who was qualified again', async () => {
    const at = (minutes: number) => fromMs(START + minutes * 60_000);
    const moved = (leadId: string, stages: readonly string[], minute: (place: number) => number) => {
      const history = stages.map((stage, place) => ({ stage, at: at(minute(place)), by: 'x', external: false }));
      return { leadId, capturedAt: at(0), history, stage: stages.at(-1) } as unknown as LeadDocument;
    };
    const turns = Array.from({ length: 120 }, () => ['rejected', 'lead']).flat();
    const all = [
      moved('long', ['lead', 'mql', ...turns, 'mql', 'sql'], (place) => place),
      // Several stages in one append: in their order, and at one instant.
      moved('once', ['lead', 'mql', 'sql'], () => 0),
      moved('back', ['lead', 'sql', 'recycled', 'mql'], () => 0),
    ];
    const models = await storeOf([
      [leads, all.map((doc) => [doc.leadId, doc] as const)],
      [leadStageStays, storedStays(all)],
    ]);
    const value = async (code: string, scope: Partial<Scope> = {}) => {
      const [one] = (await asked(models, code, scope)).total;
      return [one!.numerator, one!.denominator];
    };
    expect(await value('lead-to-mql')).toEqual([3n, 3n]);
    expect(await value('mql-to-sql')).toEqual([2n, 3n]);
    expect(await value('sql-to-opportunity')).toEqual([0n, 3n]);
    expect(await value('requalified-rate')).toEqual([2n, 2n]);
    expect(await value('requalified-rate', { windowMs: 239 * 60_000 })).toEqual([1n, 2n]);
  });

  it('of the last months are those of whole months before this one', async () => {
    const found = await asked(await storeOf([[deals, []]]), 'won-deals', { period: 'last-12-months', by: 'month' });
    expect(found.groups.map(({ group }) => group.key)).toEqual([
      ...Array.from({ length: 6 }, (_, month) => `2023-${String(month + 7).padStart(2, '0')}`),
      ...Array.from({ length: 6 }, (_, month) => `2024-0${month + 1}`),
    ]);
  });

  it('roll reps up to their managers and teams as they were on the day of the row', async () => {
    await fc.assert(
      fc.asyncProperty(anyWorld, async (world) => {
        const models = await storeOfWorld(world);
        const entryOf = (rep: string | null, at: string) => {
          const known = world.colleagues.find(({ personId }) => personId === rep);
          return known && entryAt(known.entries, at);
        };
        const counted = (keys: readonly (string | undefined)[]) =>
          Object.fromEntries([...new Set(keys)].sort().map((key) => [key, keys.filter((one) => one === key).length]));
        const groupsOf = async (code: string, by: string) =>
          Object.fromEntries(
            (await asked(models, code, { by })).groups
              .filter(({ values }) => values[0]!.support > 0)
              .map(({ group, values }) => [group.key ?? undefined, Number(text(values[0]))]),
          );
        const won = world.deals.filter(({ status, closedAt }) => status === 'won' && closedAt !== null);
        expect(await groupsOf('won-deals', 'manager')).toEqual(
          counted(won.map(({ owner, closedAt }) => entryOf(owner, closedAt!)?.manager)),
        );
        const handed = world.handoffs.flatMap((doc) => doc.handoffs);
        expect(await groupsOf('handoffs', 'team')).toEqual(
          counted(handed.map(({ rep, at }) => entryOf(rep, at)?.team)),
        );
      }),
      { numRuns: repetitions(10, 300) },
    );
  });

  it('tell deals apart by the first touch of their journey, or by the source of the record, and say so', async () => {
    await fc.assert(
      fc.asyncProperty(anyWorld, async (world) => {
        const models = await storeOfWorld(world);
        const firstOf = (id: string) => world.journeys.find(({ journeyId }) => journeyId === id)?.touches[0];
        for (const [by, valueOf] of [
          ['source', ({ opportunityId, source }: Deal) => (firstOf(opportunityId) ?? { source }).source ?? null],
          ['campaign', ({ opportunityId }: Deal) => firstOf(opportunityId)?.campaign ?? null],
          ['team', ({ opportunityId }: Deal) => firstOf(opportunityId)?.team ?? null],
        ] as const) {
          const { groups, warnings } = await asked(models, 'opened-deals', { by });
          for (const { group, values } of groups)
            expect([by, group.key, text(values[0])]).toEqual([
              ...[by, group.key],
              String(world.deals.filter((deal) => valueOf(deal) === group.key).length),
            ]);
          const without = world.deals.filter(({ opportunityId }) => !firstOf(opportunityId)).length;
          expect(warnings).toEqual([expect.stringContaining(`${without} of ${world.deals.length} rows`)]);
        }
        expect((await asked(models, 'opened-deals', { by: 'product' })).warnings).toEqual([]);
      }),
      { numRuns: repetitions(10, 300) },
    );
  });

  it.each([
    [{ windowMs: 1 }, 'figures/no-window', 'window'],
    [{ by: 'queue' }, 'figures/unknown-dimension', 'by'],
    [{ filters: { queue: { in: ['all'] } } }, 'figures/unknown-dimension', 'queue'],
    [{ period: 'next-week' }, 'figures/unknown-period', 'period'],
    [{ period: '2024-Q5' }, 'figures/unknown-period', 'period'],
    [{ period: '2024', from: '2024-01-01' }, 'figures/two-periods', 'period'],
    [{ from: '2024-02-01', to: '2024-02-01' }, 'time/empty-period', 'to'],
    [{ from: '2024-02-01', to: '2024-01-01' }, 'time/empty-period', 'to'],
    [{ timeZone: 'Mars/Olympus' }, 'time/unknown-zone', 'timeZone'],
    [{ compare: 'previous-period' as const }, 'figures/open-period', 'compare'],
    [{ by: 'day', from: '2020-01-01', to: '2024-01-01' }, 'figures/too-many-groups', 'by'],
  ])('refuse %j', async (scope, code, path) => {
    await expect(asked(await storeOf([]), 'win-rate', scope)).rejects.toMatchObject({ code, path });
  });
});

const crm = ['sales_pipeline', 'sales_teams'].map((name) => `crm-sales-opportunities/${name}.csv`);
describeWithData('figures of 8 800 real deals', crm, () => {
  const rowsIn = (file: string) =>
    parse(readFileSync(dataFile(file)), { columns: true }) as readonly Readonly<Record<string, string>>[];
  const rows = () => rowsIn(crm[0]!);
  const colleagues = () =>
    rowsIn(crm[1]!).map(({ sales_agent, manager, regional_office }) =>
      recorded<PersonEvent>(
        { type: 'DirectoryEntrySet', data: { personId: sales_agent!, manager: manager!, team: regional_office! } },
        { stream: `person-${sales_agent}` },
      ),
    );
  const midnight = (day: string) => `${day}T00:00:00.000Z`;
  const eventsOf = (row: Record<string, string>, index: number) => {
    const opportunityId = `deal-${index}`;
    const happened = (event: OpportunityEvent, day: string) =>
      recorded(event, { occurredAt: midnight(day), stream: `opportunity-${opportunityId}` });
    const amount = { minor: Number(row['close_value'] ?? 0) * 100, currency: 'USD' };
    const facts = { product: row['product']!, owner: row['sales_agent']!, ...(row['close_value'] && { amount }) };
    return [
      happened(
        { type: 'OpportunityOpened', data: { opportunityId, stage: row['deal_stage']!, ...facts } },
        row['engage_date'] || '2017-12-31',
      ),
      ...(row['deal_stage'] === 'Won'
        ? [happened({ type: 'OpportunityWon', data: { opportunityId, leadIds: [], ...facts } }, row['close_date']!)]
        : []),
      ...(row['deal_stage'] === 'Lost'
        ? [happened({ type: 'OpportunityLost', data: { opportunityId, reason: 'x', leadIds: [] } }, row['close_date']!)]
        : []),
    ];
  };
  let models: ReadModels;
  beforeAll(async () => {
    models = await modelsOf(
      [deals, dealChanges, dealStageStays, touches, leads, definitions, directory],
      [...colleagues(), ...rows().flatMap(eventsOf)],
    );
  });

  it('are those that are known of them', async () => {
    const value = async (code: string) => (await asked(models, code)).total[0];
    expect(text(await value('won-deals'))).toBe('4238');
    expect(text(await value('lost-deals'))).toBe('2473');
    expect(text(await value('open-deals'))).toBe('2089');
    expect(minorOf(await value('won-amount'))).toBe(10_005_534_00);
    expect(await value('win-rate')).toMatchObject({ numerator: 4238n, denominator: 6711n });
    expect(minorOf(await value('velocity'))).toBe(60_146_85);
  });

  it('are those of each agent, product and month, counted one by one', async () => {
    const all = rows();
    const won = (some: typeof all) => some.filter((row) => row['deal_stage'] === 'Won');
    for (const [by, column] of [
      ['owner', 'sales_agent'],
      ['product', 'product'],
    ] as const) {
      const [rates, amounts] = [await asked(models, 'win-rate', { by }), await asked(models, 'won-amount', { by })];
      expect(rates.groups.map(({ group }) => group.key).sort()).toEqual(
        [...new Set(all.filter((row) => row['close_date']).map((row) => row[column]))].sort(),
      );
      for (const { group, values } of rates.groups) {
        const own = all.filter((row) => row[column] === group.key && row['close_date']);
        expect(values[0]).toMatchObject({ numerator: BigInt(won(own).length), denominator: BigInt(own.length) });
      }
      for (const { group, values } of amounts.groups)
        expect(minorOf(values[0])).toBe(
          won(all.filter((row) => row[column] === group.key)).reduce(
            (sum, row) => sum + Number(row['close_value']) * 100,
            0,
          ),
        );
    }
    const managers = new Map(rowsIn(crm[1]!).map((row) => [row['sales_agent'], row['manager']]));
    const [rates, amounts] = [
      await asked(models, 'win-rate', { by: 'manager' }),
      await asked(models, 'won-amount', { by: 'manager' }),
    ];
    expect(rates.groups).toHaveLength(6);
    for (const { group, values } of rates.groups) {
      const own = all.filter((row) => managers.get(row['sales_agent']) === group.key && row['close_date']);
      expect(values[0]).toMatchObject({ numerator: BigInt(won(own).length), denominator: BigInt(own.length) });
      const amount = won(own).reduce((sum, row) => sum + Number(row['close_value']) * 100, 0);
      expect(minorOf(amounts.groups.find((one) => one.group.key === group.key)!.values[0])).toBe(amount);
    }
    const { groups: months } = await asked(models, 'won-deals', { by: 'month', from: '2017-03-01', to: '2018-01-01' });
    expect(months).toHaveLength(10);
    for (const { group, values } of months)
      expect(text(values[0])).toBe(String(won(all).filter((row) => row['close_date']!.startsWith(group.key!)).length));
    const cycles = won(all)
      .map((row) => (toMs(midnight(row['close_date']!)) - toMs(midnight(row['engage_date']!))) / 86_400_000)
      .sort((a, b) => a - b);
    const place = (cycles.length - 1) * 0.9;
    const [low, high] = [cycles[Math.floor(place)]!, cycles[Math.ceil(place)]!];
    expect(Number(text((await asked(models, 'p90-deal-cycle')).total[0]))).toBeCloseTo(
      low + (high - low) * (place % 1),
      9,
    );
  });
});
