import { DAY_MS } from '@baton/kernel';
import { pipelineOf, type Pipelines } from '@baton/definitions';
import { instantOf, madeFact, numberIn, numberOf, textIn, textOf, type MadeFrom, type PackedRows } from '../fact.rules';
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

/** The instants of what our teams did about each person, ascending, each once. */
const actsByPerson = ({ rowsOf, at: now }: MadeFrom, survivor: (leadId: string) => string) => {
  const acts = new Map<string, number[]>();
  const add = (leadId: string, at: number | undefined): void => {
    if (at === undefined || at > now) return;
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

const deadZones = function* (from: MadeFrom): Generator<DeadZone> {
  const survivor = survivorIn(from.rowsOf(mergedLeadFact));
  const stays = from.rowsOf(leadStayFact);
  const staysOf = placesBy(stays, 'leadId', 'enteredAt');
  const moves = movesByDeal(from.rowsOf(dealChangeFact));
  const roles = from.rowsOf(dealPersonFact);
  const dealsOf = new Map<string, (readonly DealMove[])[]>();
  for (const [leadId, places] of placesBy(roles, 'leadId'))
    for (const place of places) {
      const its = moves.get(textIn(roles, 'opportunityId', place)!);
      if (its) dealsOf.set(survivor(leadId), [...(dealsOf.get(survivor(leadId)) ?? []), its]);
    }
  /** The limit of the stages of the open deals of a person, the strictest; undefined without one. */
  const limitOfDeals = (pipelines: Pipelines, person: string, at: number): number | undefined => {
    const days = (dealsOf.get(person) ?? []).flatMap((its) => {
      const state = its.findLast((move) => move.at <= at);
      if (!state?.isOpened || state.status !== 'open') return [];
      return pipelineOf(pipelines, state.pipeline)?.stages.find(({ code }) => code === state.stage)?.silenceDays ?? [];
    });
    return days.length > 0 ? Math.min(...days) : undefined;
  };
  for (const [leadId, acts] of actsByPerson(from, survivor)) {
    if (from.rowsOf(people).placeOf(leadId) === undefined) continue;
    for (const [index, act] of acts.entries()) {
      const stay = staysOf.get(leadId)?.findLast((place) => stays.numbers['enteredAt']![place]! <= act);
      const leg = stay === undefined ? undefined : textIn(stays, 'stage', stay)!;
      if (leg === undefined) continue;
      const inForce = from.definitionAt('pipeline', act);
      if (!inForce) continue;
      const pipelines = inForce.body as Pipelines;
      const days =
        (leg === 'opportunity' ? limitOfDeals(pipelines, leadId, act) : undefined) ??
        pipelines.silence?.find(({ stage }) => stage === leg)?.days;
      const until = acts[index + 1];
      const ms = (until ?? from.at) - act;
      if (days !== undefined && ms > days * DAY_MS)
        yield { leadId, leg, from: act, until, ms, definition: inForce.ref };
    }
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
