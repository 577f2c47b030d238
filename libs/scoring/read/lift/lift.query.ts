import { DAY_MS, fromMs, laterOf, quantile, toMs, type Instant, type ClosedJournal, type Where } from '@baton/kernel';
import type { AsOf, ReadModels } from '@baton/platform/documents';
import type { ScoringModel } from '@baton/definitions';
import { ErasedCount, erasedLeads, scoreAt } from '@baton/leads';
import { factsOf, versionsOf } from '../qualification/qualification.query';
import { scoreFacts } from '../list-scores/score-facts.projection';
import { becameSqlAt, isCustomer, type Outcome } from './outcomes.rules';

/** Number of leads, and how many of them reached each outcome. */
export interface OutcomeCounts {
  readonly leads: number;
  readonly sql: number;
  readonly customers: number;
}
/** Leads with a property compared with all others. */
export interface LiftRow {
  /** Code of the rule, the grade, or the lower bound of the band in points. */
  readonly code: string;
  readonly with: OutcomeCounts;
  readonly without: OutcomeCounts;
  /**
   * Rate of SQL (customers) among leads with the property, divided by the rate among those without; null if the divisor
   * is 0.
   */
  readonly sqlLift: number | null;
  readonly customerLift: number | null;
}
export interface Lift {
  /** The evaluated version of the scoring model, `scoring-model@3`. */
  readonly definition: string;
  readonly total: OutcomeCounts;
  /** Of all leads: SQL by the decision of another system. */
  readonly external: number;
  /** Of all leads: erased people. */
  readonly erased: number;
  /**
   * The age at which leads that did not become SQL are scored: the median age of those that did; null if there are
   * none.
   */
  readonly ageMs: number | null;
  /** Captured in the period and left out because they have not reached that age. */
  readonly immature: number;
  readonly rules: readonly LiftRow[];
  readonly bands: readonly LiftRow[];
  /** Caveats of the figures. */
  readonly warnings: readonly string[];
}
export interface LiftQuestion {
  /** Leads captured at or after this instant. */
  readonly from?: Instant;
  /** Exclusive. */
  readonly to?: Instant;
  /** The evaluation instant: now, or that of the cut. */
  readonly at: Instant;
  readonly definition?: string;
  readonly cut?: AsOf;
}

const BATCH_SIZE = 50;
const BAND_POINTS = 10;
const NONE: OutcomeCounts = { leads: 0, sql: 0, customers: 0 };
const addCounts = (a: OutcomeCounts, b: OutcomeCounts, sign = 1): OutcomeCounts => ({
  leads: a.leads + sign * b.leads,
  sql: a.sql + sign * b.sql,
  customers: a.customers + sign * b.customers,
});
const liftOf = (its: OutcomeCounts, others: OutcomeCounts, of: 'sql' | 'customers'): number | null =>
  its.leads === 0 || others.leads === 0 || others[of] === 0 ? null : its[of] / its.leads / (others[of] / others.leads);
const rowOf = (code: string, its: OutcomeCounts, total: OutcomeCounts): LiftRow => {
  const others = addCounts(total, its, -1);
  return {
    code,
    ...{ with: its, without: others },
    ...{ sqlLift: liftOf(its, others, 'sql'), customerLift: liftOf(its, others, 'customers') },
  };
};

/** When a lead became SQL, at its capture at the earliest: a backfill may contain a move before the capture. */
const movedToSqlAt = (doc: Outcome): Instant | undefined => {
  const when = becameSqlAt(doc);
  return when && laterOf(when, doc.capturedAt ?? '');
};

/** The outcomes of leads, in pages. */
async function* outcomes(models: ReadModels, where: Where): AsyncGenerator<readonly Outcome[]> {
  for await (const page of models.pages(scoreFacts, where)) yield page.map(({ doc }) => doc);
}

/** The median time from capture to SQL in milliseconds; null if no lead became SQL. */
const medianAgeAtSql = async (models: ReadModels, where: Where): Promise<number | null> => {
  const ages: number[] = [];
  for await (const page of outcomes(models, where))
    for (const doc of page) {
      const moved = movedToSqlAt(doc);
      if (moved !== undefined && doc.capturedAt !== undefined) ages.push(toMs(moved) - toMs(doc.capturedAt));
    }
  if (ages.length === 0) return null;
  ages.sort((a, b) => a - b);
  return Math.round(quantile(ages, 0.5));
};

/** Counts outcomes by the rules and bands of a scoring model. */
class LiftCounts {
  private total = NONE;
  private external = 0;
  private readonly byRule = new Map<string, OutcomeCounts>();
  private readonly byBand = new Map<string, OutcomeCounts>();

  constructor(private readonly model: ScoringModel) {}

  add(doc: Outcome, facts: Parameters<typeof scoreAt>[1], scoredAt: Instant): void {
    const sql = movedToSqlAt(doc) === undefined ? 0 : 1;
    const outcome = { leads: 1, sql, customers: isCustomer(doc) ? 1 : 0 };
    const { entries, grade, hundredths } = scoreAt(this.model, facts, scoredAt);
    this.total = addCounts(this.total, outcome);
    if (doc.external) this.external++;
    for (const code of new Set(entries.flatMap((entry) => (entry.cause === 'hit' ? [entry.code] : []))))
      this.byRule.set(code, addCounts(this.byRule.get(code) ?? NONE, outcome));
    const band = grade ?? String(Math.floor(hundredths / 100 / BAND_POINTS) * BAND_POINTS);
    this.byBand.set(band, addCounts(this.byBand.get(band) ?? NONE, outcome));
  }

  result(): Pick<Lift, 'total' | 'external' | 'rules' | 'bands'> {
    const { total, external, byRule, byBand } = this;
    const { fit, engagement } = this.model;
    const codes = [...fit.rules, ...engagement.rules].map(({ code }) => code);
    const numeric = fit.cutOffs === undefined || engagement.cutOffs === undefined;
    const bands = [...byBand.keys()].sort((a, b) => (numeric ? Number(a) - Number(b) : a < b ? -1 : 1));
    return {
      ...{ total, external },
      rules: codes.map((code) => rowOf(code, byRule.get(code) ?? NONE, total)),
      bands: bands.map((band) => rowOf(band, byBand.get(band)!, total)),
    };
  }
}

/**
 * How each rule of a scoring model, and each band of its score, relates to success: how many of the leads captured in a
 * period that had the property became SQL and customers, compared with the others. All leads are scored at a comparable
 * instant: those that became SQL at that instant, so that later events explain nothing; the others at the median age of
 * the first. Leads that have not reached that age are left out and counted, whatever their outcome so far. Decisions of
 * other systems count.
 * @returns rules in the order of the model; bands by grade, or by ten points without grades; undefined if no model is
 *   agreed
 * @throws NotFound `definition/unknown-version`
 */
export const lift = async (
  models: ReadModels,
  journal: ClosedJournal,
  question: LiftQuestion,
): Promise<Lift | undefined> => {
  const { from, to, at, definition, cut } = question;
  const agreed = (await versionsOf(models, ['scoring-model'], { at, definition }))('scoring-model');
  if (!agreed) return undefined;
  const period = { ...(from && { gte: from }), ...(to && { lt: to }) };
  const where: Where = { mergedInto: { eq: null }, ...((from || to) && { capturedAt: period }) };
  const ageMs = await medianAgeAtSql(models, where);
  const [counts, erased] = [new LiftCounts(agreed.body), new ErasedCount(await erasedLeads(models))];
  let immature = 0;
  const countLead = async (doc: Outcome) => {
    const aged = doc.capturedAt !== undefined && ageMs !== null ? fromMs(toMs(doc.capturedAt) + ageMs) : at;
    const scoredAt = movedToSqlAt(doc) ?? aged;
    const facts = await factsOf(journal, { leadId: doc.leadId, at: scoredAt, ...(cut && { cut }) });
    if (!facts) return;
    counts.add(doc, facts, scoredAt);
    erased.add(doc.leadId);
  };
  for await (const page of outcomes(models, where)) {
    const counted = page.filter(({ capturedAt = at }) => ageMs === null || toMs(capturedAt) + ageMs <= toMs(at));
    immature += page.length - counted.length;
    for (let first = 0; first < counted.length; first += BATCH_SIZE)
      await Promise.all(counted.slice(first, first + BATCH_SIZE).map(countLead));
  }
  return {
    ...{ definition: agreed.ref, ageMs, immature },
    ...counts.result(),
    erased: erased.count,
    warnings:
      immature > 0 && ageMs !== null
        ? [
            `${immature} people are left out: they were captured less than ${(ageMs / DAY_MS).toFixed(1)} days before, the median age at which people became SQL`,
          ]
        : [],
  };
};
