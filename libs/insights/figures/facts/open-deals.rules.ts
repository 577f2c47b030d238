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
import { DAY_MS, dayAt, fromMs, type Day } from '@baton/kernel';
import { criteriaDaysOf, criteriaFieldsOf } from '@baton/opportunities';
import { quantileOf } from '../evaluate.rules';
import { numberIn, textIn, whileUnchanged, type MadeFrom, type PackedRows } from '../fact.rules';
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
/** The facts from which the state of open deals follows. */
export const openDealSources = [
  ...([dealFact, dealChangeFact, dealStayFact, touchFact, dealPersonFact, mergedLeadFact] as const),
] as const;

/** The histories of deals, whatever is asked. */
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

  constructor(rowsOf: MadeFrom['rowsOf']) {
    this.deals = rowsOf(dealFact);
    this.stays = rowsOf(dealStayFact);
    this.touches = rowsOf(touchFact);
    this.roles = rowsOf(dealPersonFact);
    this.moves = movesByDeal(rowsOf);
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
  /** A text of the deal as it is now. */
  text(opportunityId: string, column: string): string | undefined {
    const place = this.deals.placeOf(opportunityId);
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

const keptHistories = whileUnchanged(openDealSources, (rowsOf) => new Histories(rowsOf));

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

const stageLimitsOf = (
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

/** An end of a period, and what open deals are judged by there. */
interface Moment {
  readonly histories: Histories;
  readonly pipelines: ReturnType<typeof pipelinesAt>;
  /** The end, or the instant of the question where that is earlier; in milliseconds. */
  readonly at: number;
  /** What happened before this counts. */
  readonly before: number;
  readonly takenAt: number;
  readonly today: Day;
  /** By pipeline and stage; made when it is asked for. */
  readonly stageLimits: () => ReadonlyMap<string, StageLimit>;
}
/** An open deal at the end of a period, as it stood then. What is not asked for is not computed. */
export class OpenDeal {
  readonly stage: string;
  readonly pipeline: string;

  constructor(
    readonly opportunityId: string,
    readonly state: DealState & { readonly at: number },
    private readonly moves: readonly DealMove[],
    private readonly moment: Moment,
  ) {
    this.stage = state.stage ?? '';
    this.pipeline = moment.pipelines.nameOf(state.pipeline);
  }

  get takenAt(): number {
    return this.moment.takenAt;
  }
  /** The instant as of which it is: never after that of the question. */
  get stoodAt(): number {
    return this.moment.before - 1;
  }
  get openedAt(): number {
    return this.moves.find(({ isOpened }) => isOpened)!.at;
  }
  get definition(): string | undefined {
    return this.moment.pipelines.ref;
  }
  private get agreed(): DealPipeline | undefined {
    return this.moment.pipelines.find(this.pipeline);
  }
  private get agreedStage(): PipelineStage | undefined {
    return this.agreed?.stages.find(({ code }) => code === this.stage);
  }
  get category(): string | undefined {
    return this.agreedStage?.category;
  }
  /** A text of the deal as it is now. */
  known(column: string): string | undefined {
    return this.moment.histories.text(this.opportunityId, column);
  }
  /** In its present stage, all stays together. */
  get stageMs(): number {
    return this.moment.histories.stageTimes(this.opportunityId, this.moment.at).get(this.stage) ?? 0;
  }
  get limitMs(): number | undefined {
    return this.moment.stageLimits().get(keyOf(this.pipeline, this.stage))?.limitMs;
  }
  /** Longer in its stage than the limit; undefined without one. So too silent, and of quality. */
  get isLong(): boolean | undefined {
    const { limitMs } = this;
    return limitMs === undefined ? undefined : this.stageMs > limitMs;
  }
  get lastActivityAt(): number {
    const { histories, before } = this.moment;
    return Math.max(this.state.at, histories.lastTouchAt(this.opportunityId, before));
  }
  get silenceMs(): number | undefined {
    const days = this.agreedStage?.silenceDays;
    return days === undefined ? undefined : days * DAY_MS;
  }
  get isSilent(): boolean | undefined {
    const { silenceMs } = this;
    return silenceMs === undefined ? undefined : this.moment.at - this.lastActivityAt > silenceMs;
  }
  /** Why it is stuck; undefined if it is not. */
  get stuckReason(): string | undefined {
    if (this.isLong) return this.isSilent ? 'too long in stage, and silent' : 'too long in stage';
    return this.isSilent ? 'silent' : undefined;
  }
  get quality(): boolean | undefined {
    const { agreed } = this;
    return agreed?.quality && this.judged(agreed.quality).met;
  }
  get missingQuality(): string | undefined {
    const { agreed } = this;
    return agreed?.quality && this.judged(agreed.quality).missing;
  }
  /** What its exit criteria lack; undefined where nothing does. */
  get missingForExit(): string | undefined {
    const { agreedStage } = this;
    return agreedStage?.exit && this.judged(agreedStage.exit.criteria).missing;
  }
  /** Whether a proposal was sent by then. */
  get hadProposal(): boolean {
    return this.moves.some(({ at, what }) => at < this.moment.before && what === 'proposal');
  }
  get isOverdue(): boolean {
    const { closesOn } = this.state;
    return closesOn !== undefined && closesOn < this.moment.today;
  }
  private judged(criteria: DealCriterion) {
    const result = evaluateDealCriterion(criteria, this.criteriaFacts(), fromMs(this.moment.at));
    return { met: result.met, missing: result.met ? undefined : missingCriteria(criteria, result) };
  }
  private criteriaFacts(): DealCriteriaFacts {
    const { histories, before, at } = this.moment;
    const { owner, minor, currency, closesOn: expectedCloseOn } = this.state;
    const amount = minor === undefined || currency === undefined ? undefined : { minor, currency };
    const known = { account: this.known('account'), product: this.known('product'), source: this.known('source') };
    const since = fromMs(sinceOf(this.moves, before));
    return {
      fields: criteriaFieldsOf({ ...known, owner, expectedCloseOn, amount } as never),
      roles: histories.rolesIn(this.opportunityId),
      days: criteriaDaysOf({ openedAt: fromMs(this.openedAt), since, expectedCloseOn }, fromMs(at)),
      touches: histories.touchesBefore(this.opportunityId, before),
    };
  }
}

/**
 * The deals that are open just before each end of a period, or at the instant of the question where that is earlier, and
 * how long deals stay in their stages.
 */
export const openDealsAt = (
  from: MadeFrom,
): readonly { readonly deals: readonly OpenDeal[]; readonly stageLimits: () => readonly StageLimit[] }[] => {
  const histories = keptHistories(from.rowsOf);
  return from.ends.map((end) => {
    const at = Math.min(end, from.at);
    const before = Math.min(end, from.at + 1);
    const pipelines = pipelinesAt(from, at);
    let limits: ReadonlyMap<string, StageLimit> | undefined;
    const stageLimits = () => (limits ??= stageLimitsOf(histories, pipelines, at, before));
    const today = dayAt(fromMs(before - 1), from.timeZone);
    const moment: Moment = { histories, pipelines, at, before, takenAt: end - 1, today, stageLimits };
    const deals: OpenDeal[] = [];
    for (const [opportunityId, moves] of histories.moves) {
      const state = stateBefore(moves, before);
      if (state?.isOpened && state.status === 'open') deals.push(new OpenDeal(opportunityId, state, moves, moment));
    }
    return { deals, stageLimits: () => [...stageLimits().values()] };
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
