import { enumeration, wordKey, Refused, tidy, type EnumerationValue } from '@baton/kernel';

/** Number of journeys with a path, and their results. All may be fractions, none is negative. */
export interface PathCounts {
  /** Journeys that converted. */
  readonly conversions: number;
  /** Journeys that ended without the conversion. */
  readonly nulls: number;
  /** Total value of the conversions, in any one unit. */
  readonly value: number;
}

/**
 * A path in a table: one UTF-16 unit per touch, the number of its channel. Compact, sliceable, and usable as a key of a
 * map.
 */
export type Steps = string;

/**
 * How repeated channels are handled before a data-driven model learns, each with its source. Models have a default; a
 * query may choose another.
 */
export const repeatHandlings = enumeration(
  'RepeatHandling',
  'What becomes of repeats before a data-driven model learns.',
  {
    'collapse-states':
      'A state of the Markov chain that equals the one before is dropped, as ChannelAttribution does: for order 1 a repeated channel, for a higher one a repeated state.',
    'collapse-channels': 'Consecutive touches of one channel are one step, before states are made (exposure).',
    'keep-repeats': 'Every touch is a step of its own.',
  },
);
export type RepeatHandling = EnumerationValue<typeof repeatHandlings>;

export interface PathTableOptions {
  /** Journeys that did not convert are left out. */
  readonly ignoreNulls?: boolean;
}

/** Below the surrogates, so that every code unit is a character of its own. */
const MAX_CHANNELS = 50_000;
const noCounts: PathCounts = { conversions: 0, nulls: 0, value: 0 };

/**
 * Numbers channels from 0 in the order of their first occurrence. All spellings of a channel have the same number, and
 * the spelling that sorts first is its name.
 */
export class ChannelNumbers {
  readonly names: string[] = [];
  /** By every spelling seen. */
  private readonly numbers = new Map<string, number>();
  private readonly byKey = new Map<string, number>();

  of(channel: string): number {
    const met = this.numbers.get(channel);
    if (met !== undefined) return met;
    const [key, name] = [wordKey(channel), tidy(channel)];
    const number = this.byKey.get(key) ?? this.names.length;
    if (number >= MAX_CHANNELS)
      throw new Refused(
        'attribution/too-many-channels',
        'The paths have more than 50,000 channels; group some of them.',
      );
    this.byKey.set(key, number);
    this.numbers.set(channel, number);
    if (number === this.names.length || name < this.names[number]!) this.names[number] = name;
    return number;
  }

  /** @returns undefined for a channel not seen before */
  find(channel: string): number | undefined {
    return this.byKey.get(wordKey(channel));
  }
}

/**
 * Channel sequences with their conversions, nulls and value: the input of data-driven models. A fold: rows are added
 * and removed one by one, equal paths share a row, and the order of rows is irrelevant.
 */
export class PathTable {
  private readonly rows = new Map<Steps, PathCounts>();

  constructor(
    readonly switches: PathTableOptions = {},
    readonly channels: ChannelNumbers = new ChannelNumbers(),
  ) {}

  /** The steps of a path, one per touch. */
  stepsOf(path: readonly string[]): Steps {
    let steps = '';
    for (const channel of path) steps += String.fromCharCode(this.channels.of(channel));
    return steps;
  }

  /** A copy of the table in which consecutive touches of one channel are one step; channels keep their numbers. */
  collapsed(): PathTable {
    const table = new PathTable(this.switches, this.channels);
    for (const [steps, row] of this.rows) table.put(collapse(steps), row);
    return table;
  }

  /** A copy of the table with the same rows and channel numbers. */
  copy(): PathTable {
    const copied = new PathTable(this.switches, this.channels);
    for (const [steps, row] of this.rows) copied.rows.set(steps, row);
    return copied;
  }

  /** @throws Refused `attribution/empty-path` for a path without a touch */
  add(path: readonly string[], counts: PathCounts): void {
    if (path.length === 0)
      throw new Refused('attribution/empty-path', 'The path is empty; it must have at least one touch.', 'path');
    this.put(this.stepsOf(path), counts, 1);
  }

  /**
   * Removes a path that was added before.
   * @throws Refused `attribution/not-in-table` if the table contains fewer
   */
  subtract(path: readonly string[], counts: PathCounts): void {
    const steps = this.stepsOf(path);
    const held = this.rows.get(steps) ?? noCounts;
    const nulls = this.switches.ignoreNulls ? 0 : counts.nulls;
    if (held.conversions < counts.conversions || held.nulls < nulls)
      throw new Refused('attribution/not-in-table', 'The table has fewer of this path than are to be removed.', 'path');
    this.put(steps, counts, -1);
  }

  /** Adds (or with -1 removes) counts for steps returned by `stepsOf`. */
  put(steps: Steps, counts: PathCounts, sign: 1 | -1 = 1): void {
    const held = this.rows.get(steps) ?? noCounts;
    const conversions = held.conversions + sign * counts.conversions;
    const nulls = this.switches.ignoreNulls ? 0 : held.nulls + sign * counts.nulls;
    if (conversions === 0 && nulls === 0) this.rows.delete(steps);
    // No conversions, no value: drop the floating-point rest.
    else this.rows.set(steps, { conversions, nulls, value: conversions === 0 ? 0 : held.value + sign * counts.value });
  }

  /** Number of different paths. */
  get size(): number {
    return this.rows.size;
  }
  entries(): IterableIterator<[Steps, PathCounts]> {
    return this.rows.entries();
  }
  countsOf(steps: Steps): PathCounts {
    return this.rows.get(steps) ?? noCounts;
  }
  namesOf(steps: Steps): string[] {
    return [...Array(steps.length).keys()].map((place) => this.channels.names[steps.charCodeAt(place)]!);
  }
  total(): PathCounts {
    const sum = { conversions: 0, nulls: 0, value: 0 };
    for (const { conversions, nulls, value } of this.rows.values()) {
      sum.conversions += conversions;
      sum.nulls += nulls;
      sum.value += value;
    }
    return sum;
  }

  /** The rows in an order that does not depend on how they were added, for random sampling. */
  sorted(): readonly (readonly [Steps, PathCounts])[] {
    const byName = this.channels.names
      .map((name, number) => ({ name, number }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const rank = new Uint16Array(byName.length);
    byName.forEach(({ number }, place) => (rank[number] = place));
    const ranked = (steps: Steps) => {
      let text = '';
      for (let place = 0; place < steps.length; place++) text += String.fromCharCode(rank[steps.charCodeAt(place)]!);
      return text;
    };
    return [...this.rows]
      .map((row) => ({ row, text: ranked(row[0]) }))
      .sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
      .map(({ row }) => row);
  }
}

/** The channels of a path, each once, in the order of their first touch. */
export const distinct = (steps: Steps): number[] => {
  const found = new Set<number>();
  for (let place = 0; place < steps.length; place++) found.add(steps.charCodeAt(place));
  return [...found];
};

/** The path with consecutive touches of one channel as one step. */
export const collapse = (steps: Steps): Steps => {
  let rest = '';
  for (let place = 0; place < steps.length; place++)
    if (place === 0 || steps[place] !== steps[place - 1]) rest += steps[place];
  return rest;
};

/** The path without any touch of a channel. */
export const withoutChannel = (steps: Steps, channel: number): Steps =>
  steps.replaceAll(String.fromCharCode(channel), '');
