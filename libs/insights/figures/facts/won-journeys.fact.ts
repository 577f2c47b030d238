import { derivedFact, numbersAt, packedRows, textsAt, type PackedRows } from '../fact.rules';
import { sequencesOf } from '../sequences.rules';
import { dealFact } from './deals.fact';
import { people } from './people.fact';
import { leadStayFact } from './stays.fact';

/** The legs of a journey by what they begin with; each ends with the beginning of the next, the last with the win. */
export const legs = ['first-touch', 'lead', 'mql', 'handoff', 'sal', 'sql', 'opportunity', 'proposal'] as const;
export type Leg = (typeof legs)[number];
/** The columns of its milliseconds, and of whether its beginning was skipped. */
export const legColumn = (leg: Leg): string => `${leg} ms`;
export const skippedColumn = (leg: Leg): string => `${leg} skipped`;
export const cycleColumn = 'journey ms';
/** The lifecycle stages that legs begin with. */
const stageOfLeg: Readonly<Partial<Record<Leg, string>>> = {
  ...{ lead: 'lead', mql: 'mql', handoff: 'handed-off', sal: 'sal', sql: 'sql' },
};

/** The latest entry into a stage, of a person's stays in their order, up to an instant; NaN for none. */
const latestEntry = (
  stays: PackedRows,
  { starts, rows }: { readonly starts: Int32Array; readonly rows: Int32Array },
  person: number | undefined,
): ((stage: number | undefined, until: number) => number) => {
  const [stages, at] = [stays.texts['stage']!.codes, stays.numbers['enteredAt']!];
  return (stage, until) => {
    if (person === undefined || stage === undefined) return NaN;
    for (let index = starts[person + 1]! - 1; index >= starts[person]!; index--) {
      const row = rows[index]!;
      if (stages[row] === stage && at[row]! <= until) return at[row]!;
    }
    return NaN;
  };
};

const journeysOf = (deals: PackedRows, stays: PackedRows, persons: PackedRows): PackedRows => {
  const sequences = sequencesOf(stays, { subject: 'leadId', at: 'enteredAt', place: 'place' });
  const { codeOf: personOf } = stays.texts['leadId']!;
  const { codeOf: stageOf } = stays.texts['stage']!;
  const [status, primary] = [deals.texts['status']!, deals.texts['leadId']!];
  const won = status.codeOf.get('won');
  const rows: number[] = [];
  for (let row = 0; row < deals.count; row++) if (deals.alive[row] && status.codes[row] === won) rows.push(row);
  const column = () => new Float64Array(rows.length);
  const numbers = Object.fromEntries(
    [...legs.map(legColumn), ...legs.map(skippedColumn), cycleColumn].map((name) => [name, column()]),
  );
  const { closedAt, openedAt, lastProposalAt } = deals.numbers;
  rows.forEach((deal, row) => {
    const leadId = primary.codes[deal]! < 0 ? undefined : primary.words[primary.codes[deal]!]!;
    const person = leadId === undefined ? undefined : persons.placeOf(leadId);
    const entryUpTo = latestEntry(stays, sequences, leadId === undefined ? undefined : personOf.get(leadId));
    const own: Readonly<Partial<Record<Leg, number>>> = {
      ...{ proposal: lastProposalAt![deal]!, opportunity: openedAt![deal]! },
      'first-touch': person === undefined ? NaN : persons.numbers['firstTouchAt']![person]!,
    };
    let next = closedAt![deal]!;
    for (const leg of [...legs].reverse()) {
      const stage = stageOfLeg[leg];
      const known = stage === undefined ? own[leg]! : entryUpTo(stageOf.get(stage), next);
      const begins = known <= next ? known : next;
      numbers[legColumn(leg)]![row] = next - begins;
      numbers[skippedColumn(leg)]![row] = known <= next ? 0 : 1;
      next = begins;
    }
    numbers[cycleColumn]![row] = closedAt![deal]! - next;
  });
  return packedRows({
    count: rows.length,
    ids: () => rows.map((row) => deals.ids[row]!),
    entities: () => rows.map((row) => deals.entities[row]!),
    texts: textsAt(deals, Int32Array.from(rows)),
    numbers: numbersAt(deals, Int32Array.from(rows), {
      ...numbers,
      wonAt: Float64Array.from(rows, (row) => closedAt![row]!),
    }),
  });
};

/** Every won deal with the legs of its journey. */
export const wonJourneys = derivedFact({
  name: 'journeys of won deals',
  description:
    'Every won deal with the legs of its journey: the first touch of its primary contact, the latest entry of that person into each stage before the next, the opening and the last proposal of the deal, its win. What was skipped is a leg of 0.',
  entity: 'Opportunity',
  from: [dealFact, leadStayFact, people],
  rows: ([deals, stays, persons]) => journeysOf(deals!, stays!, persons!),
  columnKinds: {
    ...{ ...dealFact.columnKinds, wonAt: 'instant' as const, [cycleColumn]: 'number' as const },
    ...(Object.fromEntries(
      legs.flatMap((leg) => [legColumn(leg), skippedColumn(leg)]).map((name) => [name, 'number']),
    ) as Record<string, 'number'>),
  },
  dimensions: dealFact.dimensions,
});
