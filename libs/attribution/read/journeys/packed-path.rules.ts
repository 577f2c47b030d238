import { withRoom } from '@baton/kernel';
import type { WeighedTouches } from '../../models/model-journey.rules';
import { canHaveOutsideTouches, transforms, type PathRules } from '../../models/transforms.rules';
import type { JourneyColumns, LeadConversions } from './journey-columns.rules';
import type { ClassifiedKind } from './touch-kinds.rules';

/** The touches of one row that a method weighs, row after row in the same arrays: what `selectTouches` gives. */
export class PackedPath implements WeighedTouches {
  length = 0;
  conversionAt = NaN;
  leadCreation = -1;
  opportunityCreation = -1;
  at = new Float64Array(64);
  /** The places of the touches in the columns, ascending. */
  places = new Uint32Array(64);
  /** Whether a look-back left out a touch of the row. */
  hasOutside = false;
  private firstOfSame: readonly number[] | undefined;
  private first = 0;

  /** @param conversions when people converted, if journeys restart then */
  constructor(
    private readonly columns: JourneyColumns,
    private readonly rules: PathRules,
    private readonly classified: (kind: number) => ClassifiedKind,
    private readonly conversions?: LeadConversions,
  ) {}

  /** Selects the touches of a row. */
  select(row: number): void {
    const { columns, rules, conversions } = this;
    const { touchAt } = columns;
    const first = columns.first[row]!;
    const count = columns.count[row]!;
    const conversionAt = columns.closedAt[row]!;
    const from = rules.lookbackMs === undefined ? -Infinity : conversionAt - rules.lookbackMs;
    if (this.at.length < count) {
      this.at = withRoom(this.at, count);
      this.places = withRoom(this.places, count);
    }
    this.conversionAt = conversionAt;
    this.hasOutside = count > 0 && touchAt[first]! < from && touchAt[first]! <= conversionAt;
    let length = 0;
    for (let touch = first; touch < first + count; touch++) {
      const at = touchAt[touch]!;
      if (at > conversionAt) break;
      if (at < from) continue;
      if (conversions && hasConverted(conversions.get(columns.lead[touch]!), at, conversionAt)) continue;
      this.at[length] = at;
      this.places[length++] = touch;
    }
    this.length = length;
    if (rules.transforms) for (const step of rules.transforms) this.apply(step);
    this.findMilestones(columns.openedAt[row]!);
    this.firstOfSame = columns.repeatsIn(row);
    this.first = first;
  }

  touch(place: number): ClassifiedKind {
    return this.classified(this.columns.kind[this.places[place]!]!);
  }

  isRepeated(place: number): boolean {
    if (!this.firstOfSame) return false;
    const same = (each: number) => this.firstOfSame![this.places[each]! - this.first];
    for (let earlier = 0; earlier < place; earlier++) if (same(earlier) === same(place)) return true;
    return false;
  }

  private apply(step: NonNullable<PathRules['transforms']>[number]): void {
    const { keep, because } = transforms[step.kind](this, step, this.conversionAt);
    // All are looked at before one moves: a transform compares a touch with those before it.
    const kept = Array.from({ length: this.length }, (_, place) => keep(place));
    let length = 0;
    for (let place = 0; place < kept.length; place++) {
      if (!kept[place]) continue;
      this.at[length] = this.at[place]!;
      this.places[length++] = this.places[place]!;
    }
    if (length < this.length && canHaveOutsideTouches(because)) this.hasOutside = true;
    this.length = length;
  }

  private findMilestones(openedAt: number): void {
    let place = this.length - 1;
    while (place >= 0 && !this.columns.isUpToCreation(this.places[place]!)) place--;
    this.leadCreation = place;
    place = this.length - 1;
    while (place >= 0 && !(this.at[place]! <= openedAt)) place--;
    this.opportunityCreation = place;
  }
}

/** Whether a person converted at or after a touch, and before this conversion. */
const hasConverted = (conversions: readonly number[] | undefined, at: number, before: number): boolean => {
  if (!conversions) return false;
  let last = conversions.length - 1;
  while (last >= 0 && conversions[last]! >= before) last--;
  return last >= 0 && conversions[last]! >= at;
};
