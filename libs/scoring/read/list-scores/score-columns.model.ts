import { toMs, withRoom, type Definition, type Instant } from '@baton/kernel';
import {
  compileTouchPattern,
  profileFields,
  type CriteriaFacts,
  type MatchingTouches,
  type ProfileField,
  type ScoringModel,
  type TouchFact,
  type TouchPattern,
  type Touches,
} from '@baton/definitions';
import { gradeOf, grades, scoreRange } from '@baton/leads';
import { isCounted, profileAt, type ScoredLead, type ScoredTouch } from './score-facts.projection';

/** Scores of all leads under one version of the scoring model, for one hour; they do not change any more. */
export interface LeadScores {
  /** Of the leads, in the order of the values; it may be longer than these. */
  readonly ids: readonly string[];
  readonly count: number;
  /** Points; NaN for none. */
  readonly score: Float64Array;
  /** Place among the grades; NaN for none. */
  readonly grade: Float64Array;
}

/** So many entries of lists that were put again are kept at least before the others are moved together. */
const MIN_GAPS = 1_024;
interface Entry {
  readonly at: number;
  readonly code: number;
}

/** A text with its length, so that several can follow each other. */
const keyOf = (text: string | undefined): string => (text === undefined ? '-' : `${text.length}:${text}`);

/** Numbers for values, in the order in which they were first seen. */
class Dictionary<V> {
  readonly values: V[] = [];
  private readonly codes = new Map<string, number>();
  codeOf(key: string, valueOf: () => V): number {
    const known = this.codes.get(key);
    if (known !== undefined) return known;
    this.codes.set(key, this.values.length);
    return this.values.push(valueOf()) - 1;
  }
  get bytes(): number {
    return this.values.length * 200;
  }
}

/** Lists of instants with a code each, one after the other; one that is put again leaves a gap, and gaps are closed. */
class Lists {
  private from = new Uint32Array(0);
  private length = new Uint32Array(0);
  private times = new Float64Array(0);
  private codes = new Uint32Array(0);
  private end = 0;
  private gaps = 0;

  put(list: number, entries: readonly Entry[]): void {
    this.from = withRoom(this.from, list + 1);
    this.length = withRoom(this.length, list + 1);
    this.gaps += this.length[list]!;
    this.from[list] = this.end;
    this.length[list] = entries.length;
    this.times = withRoom(this.times, this.end + entries.length);
    this.codes = withRoom(this.codes, this.end + entries.length);
    for (const { at, code } of entries) {
      this.times[this.end] = at;
      this.codes[this.end++] = code;
    }
    if (this.gaps > MIN_GAPS && 2 * this.gaps > this.end) this.closeGaps();
  }

  each(list: number, entry: (at: number, code: number) => void): void {
    const from = this.from[list] ?? 0;
    for (let place = from; place < from + (this.length[list] ?? 0); place++)
      entry(this.times[place]!, this.codes[place]!);
  }

  get bytes(): number {
    return this.from.byteLength + this.length.byteLength + this.times.byteLength + this.codes.byteLength;
  }

  private closeGaps(): void {
    const size = this.end - this.gaps;
    const [times, codes] = [new Float64Array(size), new Uint32Array(size)];
    let end = 0;
    for (let list = 0; list < this.length.length; list++) {
      const [from, length] = [this.from[list]!, this.length[list]!];
      times.set(this.times.subarray(from, from + length), end);
      codes.set(this.codes.subarray(from, from + length), end);
      this.from[list] = end;
      end += length;
    }
    [this.times, this.codes, this.end, this.gaps] = [times, codes, end, 0];
  }
}

type ProfileValue = readonly [field: ProfileField, value: string | number | undefined];
type Merged = Pick<ScoredLead, 'parts' | 'removals'>;

/**
 * The facts of all leads that scores are computed from, packed: an instant and a number for each touch and each change of
 * a fact. Leads with merges keep those as they stand in the documents.
 */
export class ScoreColumns {
  private readonly ids: string[] = [];
  private readonly rows = new Map<string, number>();
  private capturedAt = new Float64Array(0);
  private readonly facts = new Lists();
  private readonly touches = new Lists();
  private readonly profileValues = new Dictionary<ProfileValue>();
  private readonly kinds = new Dictionary<TouchFact>();
  private readonly merged = new Map<number, Merged>();
  /** Touches that came with merged leads. */
  private readonly mergedTouches = new Map<number, readonly ScoredTouch[]>();
  private readonly hours = new Map<string, HourScores>();

  put(leadId: string, doc: ScoredLead): void {
    const row = this.rowOf(leadId);
    const own: Entry[] = [];
    const merged: ScoredTouch[] = [];
    for (const touch of doc.touches)
      if (touch.path) merged.push(touch);
      else own.push({ at: toMs(touch.at), code: this.kindOf(touch) });
    this.touches.put(row, own);
    if (merged.length > 0) this.mergedTouches.set(row, merged);
    this.capturedAt[row] = doc.capturedAt === undefined ? Infinity : toMs(doc.capturedAt);
    this.facts.put(row, this.changesOf(doc));
    if (doc.parts.length + doc.removals.length > 0) this.merged.set(row, { parts: doc.parts, removals: doc.removals });
    for (const scores of this.hours.values()) scores.outdated.add(row);
  }

  get bytes(): number {
    const { ids, facts, touches, profileValues, kinds } = this;
    const hours = HOURS_KEPT * ids.length * 2 * Float64Array.BYTES_PER_ELEMENT;
    const merged = (this.merged.size + this.mergedTouches.size) * 2_000;
    return (
      ids.length * 200 +
      facts.bytes +
      touches.bytes +
      profileValues.bytes +
      kinds.bytes +
      hours +
      merged +
      this.capturedAt.byteLength
    );
  }

  readonly placeOf = (leadId: string): number | undefined => this.rows.get(leadId);

  /**
   * The scores for an hour; they are computed in parts.
   * @param model undefined: none is in force, so that nobody has a score
   */
  scores(model: Definition<ScoringModel> | undefined, hour: Instant): HourScores {
    const key = `${model?.ref ?? ''} ${hour}`;
    const found: HourScores =
      this.hours.get(key) ?? new HourScores(model, hour, this.ids, (row) => this.scoreOf(row, found));
    this.hours.delete(key);
    this.hours.set(key, found); // the last used come last
    for (const oldest of [...this.hours.keys()].slice(0, -HOURS_KEPT)) this.hours.delete(oldest);
    return found;
  }

  private scoreOf(row: number, { model, at, matches, hour }: HourScores): readonly [score: number, grade: number] {
    if (!model || !(this.capturedAt[row]! <= at)) return [NaN, NaN];
    const facts = { profile: this.profileOf(row, at, hour), touches: this.touchesOf(row, at, matches) };
    const { total, fit, engagement } = scoreRange(model.body, facts, at, at);
    const grade = gradeOf(model.body, fit[0], engagement[0]);
    return [total[0] / 100, grade === undefined ? NaN : grades.values.indexOf(grade)];
  }

  private profileOf(row: number, at: number, hour: Instant): CriteriaFacts['profile'] {
    const own: Partial<Record<ProfileField, string | number>> = {};
    this.facts.each(row, (from, code) => {
      const [field, value] = this.profileValues.values[code]!;
      if (from > at) return;
      if (value === undefined) delete own[field];
      else own[field] = value;
    });
    const merged = this.merged.get(row);
    return merged && merged.parts.length > 0 ? { ...profileAt({ facts: {}, parts: merged.parts }, hour), ...own } : own;
  }

  /** The touches up to an instant, oldest first. */
  private touchesOf(row: number, until: number, matches: KindMatches): Touches {
    const found: Entry[] = [];
    const add = (at: number, code: number) => void (at <= until && found.push({ at, code }));
    this.touches.each(row, add);
    for (const touch of this.mergedTouches.get(row) ?? [])
      if (isCounted(touch, this.merged.get(row)?.removals ?? [])) add(toMs(touch.at), this.kindOf(touch));
    found.sort((a, b) => a.at - b.at);
    return {
      length: found.length,
      at: () => undefined,
      matches: (pattern): MatchingTouches => {
        const matching = matches.of(pattern, this.kinds.values);
        return { times: found.flatMap(({ at, code }) => (matching[code] ? [at] : [])), places: [] };
      },
    };
  }

  private rowOf(leadId: string): number {
    const known = this.rows.get(leadId);
    if (known !== undefined) return known;
    const row = this.ids.push(leadId) - 1;
    this.rows.set(leadId, row);
    this.capturedAt = withRoom(this.capturedAt, row + 1);
    this.capturedAt[row] = Infinity;
    return row;
  }
  private kindOf(touch: ScoredTouch): number {
    const { action, channel, content, page, campaign } = touch;
    const key = keyOf(action) + keyOf(channel) + keyOf(content) + keyOf(page) + keyOf(campaign);
    return this.kinds.codeOf(key, () => ({ id: '', at: '', action, channel, content, page, campaign }));
  }
  private changesOf({ facts }: ScoredLead): Entry[] {
    const changes: Entry[] = [];
    for (const [name, register] of Object.entries(facts)) {
      if (!(name in profileFields)) continue; // which personal facts are known does not count for a score
      for (const { from, value } of register) {
        const key = `${name} ${typeof value} ${String(value)}`;
        const code = this.profileValues.codeOf(key, () => [name as ProfileField, value as string | number | undefined]);
        changes.push({ at: toMs(from), code });
      }
    }
    return changes;
  }
}

/** Which kinds of touches each pattern of a model matches. */
class KindMatches {
  private readonly byPattern = new Map<TouchPattern, boolean[]>();
  of(pattern: TouchPattern, kinds: readonly TouchFact[]): readonly boolean[] {
    let known = this.byPattern.get(pattern);
    if (!known) this.byPattern.set(pattern, (known = []));
    const matches = known.length < kinds.length ? compileTouchPattern(pattern) : undefined;
    while (known.length < kinds.length) known.push(matches!(kinds[known.length]!));
    return known;
  }
}

/** Hours, and versions of the model, whose scores are kept: the current one, and those of walks that began before. */
const HOURS_KEPT = 3;

/** The scores of one hour while they are computed, and from then on. */
class HourScores {
  readonly at: number;
  readonly matches = new KindMatches();
  /** Rows whose facts have changed since they were computed. */
  readonly outdated = new Set<number>();
  private score = new Float64Array(0);
  private grade = new Float64Array(0);
  private computed = 0;
  private shown: LeadScores | undefined;

  constructor(
    readonly model: Definition<ScoringModel> | undefined,
    readonly hour: Instant,
    private readonly ids: readonly string[],
    private readonly scoreOf: (row: number) => readonly [score: number, grade: number],
  ) {
    this.at = toMs(hour);
  }

  /**
   * Computes some more of them.
   * @param most so many leads
   * @returns the scores, once all are computed
   */
  advance(most: number): LeadScores | undefined {
    const { ids } = this;
    if (this.shown && this.outdated.size === 0 && this.computed === ids.length) return this.shown;
    if (this.shown) {
      // Those who were answered keep theirs.
      [this.score, this.grade, this.shown] = [this.score.slice(), this.grade.slice(), undefined];
    }
    this.score = withRoom(this.score, ids.length);
    this.grade = withRoom(this.grade, ids.length);
    let left = most;
    const compute = (row: number): void => {
      [this.score[row], this.grade[row]] = this.scoreOf(row) as [number, number];
      this.outdated.delete(row);
      left--;
    };
    for (; this.computed < ids.length && left > 0; this.computed++) compute(this.computed);
    for (const row of this.outdated) {
      if (left <= 0) break;
      compute(row);
    }
    if (this.computed < ids.length || this.outdated.size > 0) return undefined;
    this.shown = { ids, count: ids.length, score: this.score, grade: this.grade };
    return this.shown;
  }
}
