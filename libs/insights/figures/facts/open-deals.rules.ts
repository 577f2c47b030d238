import {
  evaluateDealCriterion,
  missingCriteria,
  pipelineOf,
  type DealCriteriaFacts,
  type DealCriterion,
  type DealPipeline,
  type Pipelines,
  type PipelineStage,
  type TouchFact,
} from '@baton/definitions';
import { DAY_MS, dayAt, fromMs } from '@baton/kernel';
import { criteriaDaysOf, criteriaFieldsOf } from '@baton/opportunities';
import { quantileOf } from '../evaluate.rules';
import { numberIn, textIn, type MadeFrom, type PackedRows } from '../fact.rules';
import { dealChangeFact } from './changes.fact';
import { dealPersonFact, mergedLeadFact, survivorIn } from './deal-people.fact';
import { movesByDeal, placesBy, type DealMove, type DealState } from './deal-moves.rules';
import { dealFact } from './deals.fact';
import { dealStayFact } from './stays.fact';
import { touchFact } from './touches.fact';

/** A deal beyond this quantile of the days of won deals in its stage is stuck, if so many were won. */
const STUCK_QUANTILE = 0.8;
const STUCK_DEALS = 30;

/** How long won deals were in a stage, and from when on a deal is there too long. */
export interface StageLimit {
  readonly pipeline: string;
  readonly stage: string;
  /** Of each won deal that was in the stage, all of its stays together; in milliseconds, ascending. */
  readonly wonMs: readonly number[];
  /** Undefined where too few were won and the pipeline has no limit. */
  readonly limitMs: number | undefined;
  readonly limitIs: 'won-deals' | 'definition' | undefined;
  readonly quantile: number;
  readonly definition: string | undefined;
}
/** An open deal at an instant. */
export interface OpenDeal extends DealState {
  readonly opportunityId: string;
  /** Its place among the packed deals. */
  readonly deal: number | undefined;
  readonly takenAt: number;
  readonly openedAt: number;
  readonly category: string | undefined;
  /** In its present stage, all stays together. */
  readonly stageMs: number;
  readonly limitMs: number | undefined;
  readonly lastActivityAt: number;
  readonly silenceMs: number | undefined;
  /** Longer in its stage than the limit; undefined without one. So too silent, and of quality. */
  readonly isLong: boolean | undefined;
  readonly isSilent: boolean | undefined;
  readonly quality: boolean | undefined;
  readonly missingQuality: string | undefined;
  /** What its exit criteria lack; undefined where nothing does. */
  readonly missingForExit: string | undefined;
  readonly isOverdue: boolean;
  readonly definition: string | undefined;
}

/** The facts from which the state of open deals follows. */
export const openDealSources = [
  ...([dealFact, dealChangeFact, dealStayFact, touchFact, dealPersonFact, mergedLeadFact] as const),
] as const;

/** What is read once for all instants of a question. */
class Histories {
  readonly moves: ReadonlyMap<string, readonly DealMove[]>;
  private readonly deals: PackedRows;
  private readonly stays: PackedRows;
  private readonly touches: PackedRows;
  private readonly roles: PackedRows;
  private readonly staysOf: ReadonlyMap<string, readonly number[]>;
  private readonly rolesOf: ReadonlyMap<string, readonly number[]>;
  private readonly touchesOf = new Map<string, number[]>();
  private readonly survivor: (leadId: string) => string;

  constructor({ rowsOf }: MadeFrom) {
    this.deals = rowsOf(dealFact);
    this.stays = rowsOf(dealStayFact);
    this.touches = rowsOf(touchFact);
    this.roles = rowsOf(dealPersonFact);
    this.moves = movesByDeal(rowsOf(dealChangeFact));
    this.staysOf = placesBy(this.stays, 'opportunityId', 'enteredAt');
    this.rolesOf = placesBy(this.roles, 'opportunityId');
    this.survivor = survivorIn(rowsOf(mergedLeadFact));
    this.collectTouches();
  }

  /** Of the people of deals alone: most people have none. */
  private collectTouches(): void {
    const ofDeals = new Set([...this.rolesOf.keys()].flatMap((deal) => [...this.peopleOf(deal)]));
    const { codes, words } = this.touches.texts['leadId']!;
    const listOf = words.map((leadId): number[] | undefined => {
      const person = this.survivor(leadId);
      if (!ofDeals.has(person)) return undefined;
      const list = this.touchesOf.get(person) ?? [];
      this.touchesOf.set(person, list);
      return list;
    });
    for (let row = 0; row < this.touches.count; row++)
      if (this.touches.alive[row] && codes[row]! >= 0) listOf[codes[row]!]?.push(row);
    const at = this.touches.numbers['at']!;
    for (const places of this.touchesOf.values()) places.sort((one, other) => at[one]! - at[other]!);
  }

  /** How long a deal was in each stage up to an instant. */
  stageTimes(opportunityId: string, at: number): ReadonlyMap<string, number> {
    const times = new Map<string, number>();
    for (const place of this.staysOf.get(opportunityId) ?? []) {
      const enteredAt = this.stays.numbers['enteredAt']![place]!;
      if (enteredAt > at) continue;
      const stage = textIn(this.stays, 'stage', place)!;
      const leftAt = Math.min(numberIn(this.stays, 'leftAt', place) ?? at, at);
      times.set(stage, (times.get(stage) ?? 0) + leftAt - enteredAt);
    }
    return times;
  }
  place(opportunityId: string): number | undefined {
    return this.deals.placeOf(opportunityId);
  }
  /** A text of the deal as it is now. */
  text(place: number | undefined, column: string): string | undefined {
    return place === undefined ? undefined : textIn(this.deals, column, place);
  }
  rolesIn(opportunityId: string): readonly string[] {
    return (this.rolesOf.get(opportunityId) ?? []).map((place) => textIn(this.roles, 'role', place) ?? '');
  }
  private peopleOf(opportunityId: string): ReadonlySet<string> {
    const places = this.rolesOf.get(opportunityId) ?? [];
    return new Set(places.map((place) => this.survivor(textIn(this.roles, 'leadId', place)!)));
  }
  /** The last touch of the people of a deal before an instant; -Infinity for none. */
  lastTouchAt(opportunityId: string, before: number): number {
    const at = this.touches.numbers['at']!;
    let last = -Infinity;
    for (const person of this.peopleOf(opportunityId)) {
      const place = this.touchesOf.get(person)?.findLast((touch) => at[touch]! < before);
      if (place !== undefined) last = Math.max(last, at[place]!);
    }
    return last;
  }
  /** The touches of the people of a deal before an instant. */
  touchesBefore(opportunityId: string, before: number): readonly TouchFact[] {
    const column = (name: string, place: number) => textIn(this.touches, name, place);
    return [...this.peopleOf(opportunityId)]
      .flatMap((person) => this.touchesOf.get(person) ?? [])
      .filter((place) => this.touches.numbers['at']![place]! < before)
      .map((place) => ({
        ...{ id: this.touches.ids[place]!, at: fromMs(this.touches.numbers['at']![place]!) },
        ...{ action: column('action', place), channel: column('channel', place), page: column('page', place) },
        ...{ content: column('content', place), campaign: column('campaign', place) },
      }));
  }
}

/** The version in force at an instant, with its stages. */
const pipelinesAt = ({ definitionAt }: MadeFrom, at: number) => {
  const inForce = definitionAt('pipeline', at);
  const find = (code: string | undefined): DealPipeline | undefined =>
    inForce && pipelineOf(inForce.body as Pipelines, code);
  /** A deal that names no pipeline is in the first. */
  const nameOf = (code: string | undefined): string => code ?? find(undefined)?.code ?? '';
  return { ref: inForce?.ref, find, nameOf };
};
const keyOf = (pipeline: string, stage: string): string => JSON.stringify([pipeline, stage]);

/** The last change of a deal before an instant. */
const stateBefore = (moves: readonly DealMove[], before: number): DealMove | undefined =>
  moves.findLast(({ at }) => at < before);
/** A deal that closed before it was opened has no times. */
const isUpsideDown = (moves: readonly DealMove[]): boolean =>
  moves.some(({ status, isOpened }) => status !== 'open' && !isOpened);

const stageTimesOf = (
  histories: Histories,
  pipelines: ReturnType<typeof pipelinesAt>,
  at: number,
  before: number,
): ReadonlyMap<string, StageLimit> => {
  const wonMs = new Map<string, number[]>();
  const named = new Map<string, { readonly pipeline: string; readonly stage: string }>();
  for (const [opportunityId, moves] of histories.moves) {
    const state = stateBefore(moves, before);
    if (!state?.isOpened || state.status === 'lost' || isUpsideDown(moves)) continue;
    const pipeline = pipelines.nameOf(state.pipeline);
    if (state.status === 'open') {
      if (state.stage !== undefined) named.set(keyOf(pipeline, state.stage), { pipeline, stage: state.stage });
      continue;
    }
    for (const [stage, ms] of histories.stageTimes(opportunityId, at)) {
      const key = keyOf(pipeline, stage);
      named.set(key, { pipeline, stage });
      const known = wonMs.get(key);
      if (known) known.push(ms);
      else wonMs.set(key, [ms]);
    }
  }
  return new Map(
    [...named].map(([key, { pipeline, stage }]) => {
      const its = (wonMs.get(key) ?? []).sort((a, b) => a - b);
      const agreed = pipelines.find(pipeline);
      const { stuckQuantile: quantile = STUCK_QUANTILE, stuckDeals = STUCK_DEALS } = agreed?.thresholds ?? {};
      const limitDays = agreed?.stages.find(({ code }) => code === stage)?.limitDays;
      const enough = its.length >= stuckDeals;
      const limitIs = enough ? 'won-deals' : limitDays === undefined ? undefined : 'definition';
      const limitMs = enough
        ? quantileOf(its, quantile).toNumber()
        : limitDays === undefined
          ? undefined
          : limitDays * DAY_MS;
      return [
        key,
        { pipeline, stage, wonMs: its, limitMs, limitIs, quantile, definition: pipelines.ref } as StageLimit,
      ];
    }),
  );
};

/** Judges a deal by criteria of its pipeline. */
const judge = (criteria: DealCriterion, facts: () => DealCriteriaFacts, at: number) => {
  const result = evaluateDealCriterion(criteria, facts(), fromMs(at));
  return { met: result.met, missing: result.met ? undefined : missingCriteria(criteria, result) };
};

/**
 * The deals that are open just before each end of a period, or at the instant of the question where that is earlier, and
 * how long deals stay in their stages.
 */
export const openDealsAt = (
  from: MadeFrom,
): readonly { readonly deals: readonly OpenDeal[]; readonly stages: readonly StageLimit[] }[] => {
  const histories = new Histories(from);
  return from.ends.map((end) => {
    const at = Math.min(end, from.at);
    const before = Math.min(end, from.at + 1);
    const today = dayAt(fromMs(before - 1), from.timeZone);
    const pipelines = pipelinesAt(from, at);
    const times = stageTimesOf(histories, pipelines, at, before);
    const deals = [...histories.moves].flatMap(([opportunityId, moves]): OpenDeal[] => {
      const state = stateBefore(moves, before);
      if (!state?.isOpened || state.status !== 'open') return [];
      const stage = state.stage ?? '';
      const pipeline = pipelines.nameOf(state.pipeline);
      const agreed: PipelineStage | undefined = pipelines.find(pipeline)?.stages.find(({ code }) => code === stage);
      const openedAt = moves.find(({ isOpened }) => isOpened)!.at;
      const stageMs = histories.stageTimes(opportunityId, at).get(stage) ?? 0;
      const limitMs = times.get(keyOf(pipeline, stage))?.limitMs;
      const lastActivityAt = Math.max(state.at, histories.lastTouchAt(opportunityId, before));
      const silenceMs = agreed?.silenceDays === undefined ? undefined : agreed.silenceDays * DAY_MS;
      const deal = histories.place(opportunityId);
      const facts = (): DealCriteriaFacts => {
        const text = (column: string) => histories.text(deal, column);
        const amount =
          state.minor === undefined || state.currency === undefined
            ? undefined
            : { minor: state.minor, currency: state.currency };
        const known = { account: text('account'), product: text('product'), source: text('source') };
        const changing = { owner: state.owner, expectedCloseOn: state.closesOn, amount };
        const since = fromMs(sinceOf(moves, before));
        return {
          fields: criteriaFieldsOf({ ...known, ...changing } as never),
          roles: histories.rolesIn(opportunityId),
          days: criteriaDaysOf({ openedAt: fromMs(openedAt), since, expectedCloseOn: state.closesOn }, fromMs(at)),
          touches: histories.touchesBefore(opportunityId, before),
        };
      };
      const quality = pipelines.find(pipeline)?.quality;
      const judged = quality && judge(quality, facts, at);
      return [
        {
          ...{ ...state, opportunityId, deal, pipeline, stage, takenAt: end - 1, openedAt, stageMs, limitMs },
          ...{ category: agreed?.category, lastActivityAt, silenceMs },
          isLong: limitMs === undefined ? undefined : stageMs > limitMs,
          isSilent: silenceMs === undefined ? undefined : at - lastActivityAt > silenceMs,
          ...{ quality: judged?.met, missingQuality: judged?.missing },
          missingForExit: agreed?.exit && judge(agreed.exit.criteria, facts, at).missing,
          isOverdue: state.closesOn !== undefined && state.closesOn < today,
          definition: pipelines.ref,
        },
      ];
    });
    return { deals, stages: [...times.values()] };
  });
};
/** Since when a deal is in its stage: its latest reopening begins a new stay. */
const sinceOf = (moves: readonly DealMove[], before: number): number => {
  const known = moves.filter(({ at }) => at < before);
  const first = known.findLastIndex((move, index) => {
    const earlier = known[index - 1];
    return earlier?.stage !== move.stage || earlier?.status !== move.status || !earlier.isOpened;
  });
  return known[first]!.at;
};
