import fc from 'fast-check';
import { DAY_MS, durationMs, fromMs, toMs, type Definition, type Instant, type Json } from '@baton/kernel';
import type { Criterion, ScoringModel, TouchFact } from '@baton/definitions';
import type { ScoreEntry } from '@baton/leads';

/**
 * Scores and criteria computed a second time, directly from their definition: touch by touch, nothing cached, nothing
 * skipped. Tests compare the fast implementations with these.
 */
export const START = toMs('2024-01-01T00:00:00.000Z');
const even = (value: number): number => {
  const whole = Math.round(value);
  return Math.abs(value % 1) === 0.5 && whole % 2 !== 0 ? whole - 1 : whole;
};
const like = (wanted: string | undefined, seen: string | undefined): boolean =>
  wanted === undefined ||
  (seen !== undefined &&
    new RegExp(
      `^${wanted
        .split('*')
        .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
        .join('.*')}$`,
      'i',
    ).test(seen));
const means = (match: { page?: string; action?: string }, touch: TouchFact): boolean =>
  like(match.page, touch.page) && like(match.action, touch.action);

type Part = Pick<ScoreEntry, 'axis' | 'cause' | 'code' | 'hundredths'> & { readonly touchId?: string };
const total = (parts: readonly Part[]): number => parts.reduce((sum, part) => sum + part.hundredths, 0);
const limited = (parts: Part[], cap: number | undefined, by: Omit<Part, 'hundredths'>): Part[] => {
  const limit = cap === undefined ? Infinity : Math.round(cap * 100);
  const over = Math.abs(total(parts)) - limit;
  return over > 0 ? [...parts, { ...by, hundredths: -Math.sign(total(parts)) * over }] : parts;
};

export const plainScore = (model: ScoringModel, employees: number, told: readonly TouchFact[], now: number): Part[] => {
  const inTime = told
    .map((touch, place) => ({ touch, place, at: toMs(touch.at) }))
    .filter(({ at }) => at <= now)
    .sort((a, b) => a.at - b.at || a.place - b.place);
  const fit: Part[] = model.fit.rules.flatMap((rule) =>
    employees >= (rule.when as { gte: number }).gte
      ? [{ axis: 'fit', cause: 'hit', code: rule.code, hundredths: Math.round(rule.points * 100) }]
      : [],
  );
  const byGroup = new Map<string | undefined, Part[]>();
  for (const rule of model.engagement.rules) {
    const parts: Part[] = [];
    let before: number | undefined;
    for (const { touch, at } of inTime) {
      if (!means(rule.touches, touch)) continue;
      if (before !== undefined && (rule.once || (rule.coolDown && at < before + durationMs(rule.coolDown)))) continue;
      before = at;
      if (rule.within && now > at + durationMs(rule.within)) continue;
      const factor = rule.halfLife ? 2 ** (-(now - at) / durationMs(rule.halfLife)) : 1;
      const hundredths = even(Math.round(rule.points * 100) * factor) + 0;
      parts.push({ axis: 'engagement', cause: 'hit', code: rule.code, touchId: touch.id, hundredths });
    }
    const kept = limited(parts, rule.cap, { axis: 'engagement', cause: 'rule-cap', code: rule.code });
    byGroup.set(rule.group, [...(byGroup.get(rule.group) ?? []), ...kept]);
  }
  const engagement = [...(byGroup.get(undefined) ?? [])];
  for (const { code, cap } of model.groups ?? [])
    engagement.push(...limited(byGroup.get(code) ?? [], cap, { axis: 'engagement', cause: 'group-cap', code }));
  return limited([...fit, ...engagement], model.cap, { axis: 'total', cause: 'total-cap', code: '' });
};

export const plainlyMet = (
  node: Criterion,
  model: ScoringModel | undefined,
  employees: number,
  touches: readonly TouchFact[],
  now: number,
): boolean => {
  const child = (one: Criterion): boolean => plainlyMet(one, model, employees, touches, now);
  if ('not' in node) return !child(node.not);
  if ('all' in node) return node.all.map(child).every(Boolean);
  if ('any' in node) return node.any.map(child).some(Boolean);
  const { eq, ne, lt, lte, gt, gte, within } = node as unknown as Record<string, never>;
  let value = employees;
  if ('score' in node) {
    if (!model) return false;
    value = total(plainScore(model, employees, touches, now)) / 100;
  }
  if ('touches' in node)
    value = touches.filter((touch) => {
      const at = toMs(touch.at);
      return at <= now && (within === undefined || at >= now - durationMs(within)) && means(node.touches, touch);
    }).length;
  return eq !== undefined
    ? value === eq
    : ne !== undefined
      ? value !== ne
      : lt !== undefined
        ? value < lt
        : lte !== undefined
          ? value <= lte
          : gt !== undefined
            ? value > gt
            : value >= gte!;
};

export const plainlyQualified = (
  criteria: Criterion | undefined,
  model: ScoringModel | undefined,
  employees: number,
  touches: readonly TouchFact[],
  now: number,
): boolean =>
  (criteria !== undefined && plainlyMet(criteria, model, employees, touches, now)) ||
  (model?.threshold !== undefined && total(plainScore(model, employees, touches, now)) >= model.threshold * 100);

export const agreedOn = (kind: string, body: unknown, version = 1): Definition => ({
  ...{ kind, version, ref: `${kind}@${version}` },
  body: body as Json,
});

const pages = ['/pricing', '/Pricing', '/product/x', '/', '/careers'];
export const touchAt = (id: string, at: Instant, page: string): TouchFact => ({
  ...{ action: 'page-view', channel: undefined, content: undefined, campaign: undefined },
  ...{ id, at, page },
});
/** Touches of the first sixty days, recorded in any order, no two at the same instant. */
export const anyHistory = (maxLength = 40, name = 't') =>
  fc
    .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 60 * DAY_MS }), fc.constantFrom(...pages)), {
      maxLength,
      selector: ([at]) => at,
    })
    .map((touches) => touches.map(([at, page], index) => touchAt(`${name}${index}`, fromMs(START + at), page)));

const period = fc.option(fc.constantFrom('PT6H', 'P1D', 'P7D', 'P30D'), { nil: undefined });
const cap = (max: number) => fc.option(fc.integer({ min: 0, max }), { nil: undefined });
const match = fc.constantFrom({}, { page: '/pricing' }, { page: '/p*' }, { page: '/careers' }, { action: 'download' });
const anyRule = fc.record({
  touches: match,
  points: fc.integer({ min: -5000, max: 5000 }).map((hundredths) => hundredths / 100),
  ...{ cap: cap(60), once: fc.boolean(), coolDown: period, within: period, halfLife: period },
  group: fc.option(fc.constantFrom('g', 'h'), { nil: undefined }),
});
/** Up to ten rules with every property they may have. */
export const anyModel: fc.Arbitrary<ScoringModel> = fc
  .record({
    ...{ cap: cap(90), threshold: fc.option(fc.integer({ min: -20, max: 90 }), { nil: undefined }) },
    fit: fc.constant({ rules: [{ code: 'size', when: { field: 'employees', gte: 50 }, points: 12.34 }] }),
    engagement: fc.array(anyRule, { maxLength: 10 }).map((rules) => ({
      rules: rules.map((rule, index) => ({ code: `rule-${index}`, ...rule })),
    })),
    groups: fc.constant([
      { code: 'g', cap: 35.5 },
      { code: 'h', cap: 0 },
    ]),
  })
  .map((model) => JSON.parse(JSON.stringify(model)) as ScoringModel);

const comparison = fc
  .tuple(fc.constantFrom('eq', 'ne', 'lt', 'lte', 'gt', 'gte'), fc.integer({ min: 0, max: 6 }))
  .map(([operator, value]) => ({ [operator]: value }));
/** Trees of all, any and not over fields, counts of touches and scores. */
export const anyCriteria = fc
  .letrec<{ tree: Criterion }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom<Criterion>({ field: 'employees', gte: 50 }, { field: 'employees', lt: 50 }),
      fc
        .tuple(match, comparison, fc.constantFrom({}, { within: 'P7D' }, { within: 'P30D' }))
        .map(([touches, compared, within]) => ({ touches, ...compared, ...within }) as Criterion),
      fc
        .tuple(comparison, fc.integer({ min: -5, max: 20 }))
        .map(
          ([compared, times]) =>
            ({ score: 'total', [Object.keys(compared)[0]!]: Object.values(compared)[0]! * times }) as Criterion,
        ),
      fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map((all) => ({ all })),
      fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
      tie('tree').map((not) => ({ not })),
    ),
  }))
  .tree.map((tree) => JSON.parse(JSON.stringify(tree)) as Criterion);
