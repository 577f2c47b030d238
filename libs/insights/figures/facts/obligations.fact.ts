import { madeFact, numberIn, numberOf, textIn, textOf, type PackedRows } from '../fact.rules';
import { clockFact } from './clocks.fact';
import { people } from './people.fact';

/** An obligation as it stands at the instant of the question. */
interface Obligation {
  readonly state: string;
  /** The same by when events were recorded: a recorded breach stays one. */
  readonly knownState: string;
  readonly recordedLate: boolean;
  readonly clocks: PackedRows;
  readonly place: number;
}
const own = (column: string) => textOf(({ clocks, place }: Obligation) => textIn(clocks, column, place));
const number = (column: string) => numberOf(({ clocks, place }: Obligation) => numberIn(clocks, column, place));
const missed = ['met late', 'breached'];

/** Every obligation of sales to a lead, as it stands at the instant of the question. */
export const obligationFact = madeFact<Obligation>({
  name: 'obligations',
  description:
    'Every obligation of sales to a lead, as it stands: met, met late, breached (not answered by the time it was due, nor since), pending, cancelled, paused, or waiting for the merge of its lead to be undone.',
  entity: 'Lead',
  from: [clockFact, people],
  rows: function* ({ rowsOf, at }) {
    const [clocks, leads] = [rowsOf(clockFact), rowsOf(people)];
    for (let place = 0; place < clocks.count; place++) {
      if (!clocks.alive[place]) continue;
      const outcome = textIn(clocks, 'outcome', place)!;
      const isRecorded = textIn(clocks, 'breachRecorded', place) === 'true';
      const answerBy = numberIn(clocks, 'answerBy', place);
      const isMerged = leads.placeOf(textIn(clocks, 'leadId', place)!) === undefined;
      const state =
        outcome !== 'open'
          ? outcome
          : isMerged && !isRecorded
            ? 'waiting'
            : answerBy === undefined
              ? 'paused'
              : answerBy <= at
                ? 'breached'
                : 'pending';
      const recordedLate = isRecorded && (outcome === 'met' || outcome === 'cancelled');
      const row = { state, knownState: recordedLate ? 'breached' : state, recordedLate, clocks, place };
      yield { id: clocks.ids[place]!, entity: clocks.entities[place]!, row };
    }
  },
  columns: {
    startedAt: number('startedAt'),
    dueAt: number('answerBy'),
    state: textOf(({ state }) => state),
    missedAsKnown: textOf(({ state, knownState }) => state !== 'cancelled' && missed.includes(knownState)),
    recordedLate: textOf(({ state, recordedLate }) => recordedLate && state === 'met'),
    ...{
      leadId: own('leadId'),
      kind: own('kind'),
      rep: own('rep'),
      queue: own('queue'),
      definition: own('definition'),
    },
    ...{ responseMs: number('responseMs'), countedMs: number('countedMs') },
  },
  dimensions: { ...clockFact.dimensions, outcome: 'state' },
});
