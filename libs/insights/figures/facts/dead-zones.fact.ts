import { DAY_MS } from '@baton/kernel';
import { pipelineOf, type Pipelines } from '@baton/definitions';
import {
  instantOf,
  madeFact,
  numberIn,
  numberOf,
  textIn,
  textOf,
  whileUnchanged,
  type MadeFrom,
  type PackedRows,
} from '../fact.rules';
import { dealChangeFact } from './changes.fact';
import { movesByDeal, placesBy, type DealMove } from './deal-moves.rules';
import { dealPersonFact, mergedLeadFact, survivorIn } from './deal-people.fact';
import { ofPerson, people } from './people.fact';
import { leadStayFact } from './stays.fact';
import { supportFact } from './support.fact';
import { touchFact } from './touches.fact';

/** A time in which neither team did anything about a person, longer than the limit. */
interface DeadZone {
  readonly leadId: string;
  readonly leg: string;
  readonly from: number;
  /** Undefined while it lasts. */
  readonly until: number | undefined;
  readonly ms: number;
  /** The version of the pipelines whose limit it exceeds. */
  readonly definition: string;
}

/** The stages that people are moved to by one of us: a handoff, an answer to it, or a step of sales. */
const movedByUs = new Set([
  ...['handed-off', 'sal', 'sql', 'opportunity', 'customer', 'rejected', 'recycled', 'disqualified'],
]);
/** Acts of our teams: outbound touches (those of sales are, unless they say inbound), meetings, and answers to a call. */
const isAct = (touches: PackedRows, place: number): boolean => {
  const direction = textIn(touches, 'direction', place);
  const isOutbound =
    direction === 'outbound' || (textIn(touches, 'team', place) === 'sales' && direction !== 'inbound');
  return (
    isOutbound || textIn(touches, 'action', place) === 'meeting' || textIn(touches, 'outcome', place) !== undefined
  );
};

const sources = [
  ...([people, leadStayFact, touchFact, supportFact, dealPersonFact, dealChangeFact, mergedLeadFact] as const),
] as const;

type RowsOf = MadeFrom['rowsOf'];
/** The instants of what our teams did about each person, ascending, each once. */
const actsByPerson = (rowsOf: RowsOf, survivor: (leadId: string) => string) => {
  const acts = new Map<string, number[]>();
  const add = (leadId: string, at: number | undefined): void => {
    if (at === undefined) return;
    const person = survivor(leadId);
    const known = acts.get(person);
    if (known) known.push(at);
    else acts.set(person, [at]);
  };
  const each = (rows: PackedRows, instant: string, holds: (place: number) => boolean): void => {
    for (const [leadId, places] of placesBy(rows, 'leadId'))
      for (const place of places) if (holds(place)) add(leadId, numberIn(rows, instant, place));
  };
  const [touches, stays] = [rowsOf(touchFact), rowsOf(leadStayFact)];
  each(touches, 'at', (place) => isAct(touches, place));
  each(stays, 'enteredAt', (place) => movedByUs.has(textIn(stays, 'stage', place)!));
  each(rowsOf(supportFact), 'deliveredAt', () => true);
  return new Map([...acts].map(([person, its]) => [person, [...new Set(its)].sort((a, b) => a - b)]));
};
/** The changes of the deals of each person. */
const dealsByPerson = (rowsOf: RowsOf, survivor: (leadId: string) => string) => {
  const moves = movesByDeal(rowsOf);
  const roles = rowsOf(dealPersonFact);
  const deals = new Map<string, (readonly DealMove[])[]>();
  for (const [leadId, places] of placesBy(roles, 'leadId'))
    for (const place of places) {
      const its = moves.get(textIn(roles, 'opportunityId', place)!);
      if (its) deals.set(survivor(leadId), [...(deals.get(survivor(leadId)) ?? []), its]);
    }
  return deals;
};

/** A time from one act about a person to the next, whatever the limit. */
interface Gap {
  readonly leadId: string;
  readonly leg: string;
  readonly from: number;
  /** Undefined after the last. */
  readonly until: number | undefined;
}
/** The gaps of people, and the changes of their deals, whatever is asked. */
const keptGaps = whileUnchanged(sources, (rowsOf) => {
  const survivor = survivorIn(rowsOf(mergedLeadFact));
  const stays = rowsOf(leadStayFact);
  const staysOf = placesBy(stays, 'leadId', 'enteredAt');
  const gaps: Gap[] = [];
  for (const [leadId, acts] of actsByPerson(rowsOf, survivor)) {
    if (rowsOf(people).placeOf(leadId) === undefined) continue;
    for (const [index, from] of acts.entries()) {
      const stay = staysOf.get(leadId)?.findLast((place) => stays.numbers['enteredAt']![place]! <= from);
      if (stay !== undefined) gaps.push({ leadId, leg: textIn(stays, 'stage', stay)!, from, until: acts[index + 1] });
    }
  }
  return { gaps, deals: dealsByPerson(rowsOf, survivor) };
});

const deadZones = function* (made: MadeFrom): Generator<DeadZone> {
  const { gaps, deals } = keptGaps(made.rowsOf);
  /** The limit of the stages of the open deals of a person, the strictest; undefined without one. */
  const limitOfDeals = (pipelines: Pipelines, person: string, at: number): number | undefined => {
    const days = (deals.get(person) ?? []).flatMap((its) => {
      const state = its.findLast((move) => move.at <= at);
      if (!state?.isOpened || state.status !== 'open') return [];
      return pipelineOf(pipelines, state.pipeline)?.stages.find(({ code }) => code === state.stage)?.silenceDays ?? [];
    });
    return days.length > 0 ? Math.min(...days) : undefined;
  };
  for (const { leadId, leg, from, until: next } of gaps) {
    const inForce = from <= made.at ? made.definitionAt('pipeline', from) : undefined;
    if (!inForce) continue;
    const pipelines = inForce.body as Pipelines;
    const days =
      (leg === 'opportunity' ? limitOfDeals(pipelines, leadId, from) : undefined) ??
      pipelines.silence?.find(({ stage }) => stage === leg)?.days;
    const until = next !== undefined && next <= made.at ? next : undefined;
    const ms = (until ?? made.at) - from;
    if (days !== undefined && ms > days * DAY_MS) yield { leadId, leg, from, until, ms, definition: inForce.ref };
  }
};

/** Every time in which neither team did anything about a person for longer than the limit of the leg. */
export const deadZoneFact = madeFact<DeadZone>({
  name: 'dead zones',
  description:
    'Every time between two acts of our teams about a person that is longer than the limit that its stage had at its beginning; one that lasts runs to the instant of the question.',
  entity: 'Lead',
  from: sources,
  definitions: ['pipeline'],
  *rows(from) {
    for (const row of deadZones(from)) yield { id: `${row.leadId}:${row.from}`, entity: row.leadId, row };
  },
  columns: {
    from: instantOf(({ from }) => from),
    leadId: textOf(({ leadId }) => leadId),
    leg: textOf(({ leg }) => leg),
    lasting: textOf(({ until }) => until === undefined),
    ms: numberOf(({ ms }) => ms),
    definition: textOf(({ definition }) => definition),
  },
  dimensions: {
    ...{ leg: 'leg', lasting: 'lasting', rep: ofPerson('rep'), source: ofPerson('source') },
    ...{ region: ofPerson('region'), industry: ofPerson('industry') },
    ...{ segment: ofPerson('industry'), size: ofPerson('size') },
  },
});
