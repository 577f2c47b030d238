import { LIMBO_MS } from '@baton/sales-sla';
import { instantOf, madeFact, numberIn, textIn, textOf, type PackedRows } from '../fact.rules';
import { ofColleague } from './colleagues.fact';
import { handoffFact } from './handoffs.fact';
import { ofPerson } from './people.fact';

/** A handoff that waits for an answer, by its place among the packed ones. */
interface InLimbo {
  readonly handoffs: PackedRows;
  readonly place: number;
  readonly takenAt: number;
  readonly stoodAt: number;
}
const own = (column: string) => textOf(({ handoffs, place }: InLimbo) => textIn(handoffs, column, place));

/** Every handoff that has waited for an answer for 48 hours at the end of a period, or at the instant of the question. */
export const limboFact = madeFact<InLimbo>({
  name: 'handoffs in limbo',
  description: 'Every handoff that at the end of a period has waited for an answer for 48 hours or longer.',
  entity: 'Lead',
  from: [handoffFact],
  begins: { fact: handoffFact, column: 'handedOffAt' },
  *rows({ rowsOf, ends, at }) {
    const handoffs = rowsOf(handoffFact);
    for (const end of ends) {
      const before = Math.min(end, at + 1);
      for (let place = 0; place < handoffs.count; place++) {
        if (!handoffs.alive[place]) continue;
        const endedAt = numberIn(handoffs, 'endedAt', place) ?? Infinity;
        if (handoffs.numbers['handedOffAt']![place]! + LIMBO_MS >= before || endedAt < before) continue;
        const row = { handoffs, place, takenAt: end - 1, stoodAt: before - 1 };
        yield { id: `${handoffs.ids[place]!}:${end - 1}`, entity: handoffs.entities[place]!, row };
      }
    }
  },
  columns: {
    takenAt: instantOf(({ takenAt }) => takenAt),
    stoodAt: instantOf(({ stoodAt }) => stoodAt),
    handedOffAt: instantOf(({ handoffs, place }) => numberIn(handoffs, 'handedOffAt', place)),
    ...{ leadId: own('leadId'), rep: own('rep'), queue: own('queue'), definition: own('definition') },
  },
  dimensions: {
    ...{ rep: 'rep', queue: 'queue', definition: 'definition' },
    ...{ manager: ofColleague('rep', ['stoodAt'], 'manager'), team: ofColleague('rep', ['stoodAt'], 'team') },
    ...{ source: ofPerson('source'), region: ofPerson('region') },
    ...{ industry: ofPerson('industry'), size: ofPerson('size') },
  },
});
