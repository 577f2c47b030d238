import { derivedFact, flagColumn, packedRows, textsAt, type PackedRows } from '../fact.rules';
import { sequencesOf } from '../sequences.rules';
import { people } from './people.fact';
import { leadStayFact } from './stays.fact';

/** The stages in the order in which a person goes through them. */
export const stagePath = ['lead', 'mql', 'handed-off', 'sal', 'sql', 'opportunity', 'customer'] as const;
export type PathStage = (typeof stagePath)[number];
/** Each pair of a stage and a later one. */
export const stagePairs: readonly (readonly [PathStage, PathStage])[] = stagePath.flatMap((from, place) =>
  stagePath.slice(place + 1).map((to) => [from, to] as const),
);
/** The columns of the first entry into a stage, and of the first entry into a later one, or beyond it, since then. */
export const enteredColumn = (stage: PathStage): string => `entered ${stage}`;
export const convertedColumn = (from: PathStage, to: PathStage): string => `${from} to ${to}`;
/** The columns of the first time that sales sent a person back, and of the next qualification. */
export const sentBack = 'sent back';
export const requalifiedSince = 'requalified';
const columns = [
  ...stagePath.map(enteredColumn),
  ...stagePairs.map((pair) => convertedColumn(...pair)),
  ...[sentBack, requalifiedSince],
];

/** By code of a stage: its place on the path, -1 beside it. */
export const placesOnPath = (stages: readonly string[]): Int32Array =>
  Int32Array.from(stages, (stage) => (stagePath as readonly string[]).indexOf(stage));

const lifecyclesOf = (stays: PackedRows, persons: PackedRows): PackedRows => {
  const { starts, rows } = sequencesOf(stays, { subject: 'leadId', at: 'enteredAt', place: 'place' });
  const leadIds = stays.texts['leadId']!.words;
  const [stages, at] = [stays.texts['stage']!, stays.numbers['enteredAt']!];
  const places = placesOnPath(stages.words);
  const subjects = leadIds.map((_, code) => code).filter((code) => starts[code + 1]! > starts[code]!);
  // Who is merged into somebody else is no person of their own.
  const living = subjects.filter((code) => persons.placeOf(leadIds[code]!) !== undefined);
  const numbers = Object.fromEntries(columns.map((name) => [name, new Float64Array(living.length).fill(NaN)]));
  const entered = stagePath.map((stage) => numbers[enteredColumn(stage)]!);
  const converted = stagePath.map((from, place) =>
    stagePath.map((to, later) => (later > place ? numbers[convertedColumn(from, to)]! : undefined)),
  );
  const mql = stagePath.indexOf('mql');
  const isReturn = Array.from(stages.words, (stage) => stage === 'rejected' || stage === 'recycled');
  const [returned, requalified] = [numbers[sentBack]!, numbers[requalifiedSince]!];
  const [live, qualifiable] = [new Int32Array(living.length), new Int32Array(living.length)];
  living.forEach((code, row) => {
    let last = -1;
    for (let index = starts[code]!; index < starts[code + 1]!; index++) {
      const stay = rows[index]!;
      last = places[stages.codes[stay]!]!;
      qualifiable[row] = isReturn[stages.codes[stay]!] || last === 0 ? 1 : 0;
      if (isReturn[stages.codes[stay]!] && Number.isNaN(returned[row]!)) returned[row] = at[stay]!;
      if (last < 0) continue;
      if (last === mql && !Number.isNaN(returned[row]!) && Number.isNaN(requalified[row]!))
        requalified[row] = at[stay]!;
      if (Number.isNaN(entered[last]![row]!)) entered[last]![row] = at[stay]!;
      for (let from = 0; from < last; from++) {
        if (Number.isNaN(entered[from]![row]!)) continue;
        for (let to = from + 1; to <= last; to++)
          if (Number.isNaN(converted[from]![to]![row]!)) converted[from]![to]![row] = at[stay]!;
      }
    }
    live[row] = last >= 0 && last < stagePath.length - 1 ? 1 : 0;
  });
  const ids = () => living.map((code) => leadIds[code]!);
  return packedRows({
    ...{ ids, entities: ids, numbers, count: living.length },
    texts: textsAt(
      persons,
      Int32Array.from(living, (code) => persons.placeOf(leadIds[code]!)!),
      {
        live: flagColumn(live),
        qualifiable: flagColumn(qualifiable),
      },
    ),
  });
};

/** Every living person with a stay: when they first came to each stage, and from it to later ones. */
export const lifecycles = derivedFact({
  name: 'lifecycles',
  description: 'Every lead that is not merged into another, with its first entries into stages, of all its stays.',
  entity: 'Lead',
  from: [leadStayFact, people],
  rows: ([stays, persons]) => lifecyclesOf(stays!, persons!),
  columnKinds: {
    ...{ ...people.columnKinds, live: 'text' as const, qualifiable: 'text' as const },
    ...(Object.fromEntries(columns.map((name) => [name, 'instant'])) as Record<string, 'instant'>),
  },
  dimensions: people.dimensions,
});
