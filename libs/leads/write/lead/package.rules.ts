import {
  laterOf,
  durationMs,
  enumeration,
  fromMs,
  type EnumerationValue,
  type Instant,
  type Json,
} from '@baton/kernel';
import { builtInSignals, matchingTouches, type DefinitionContext, type Signal } from '@baton/definitions';
import { type FirstTouch, type CapturedLead, type Person } from './lead.model';
import type { Disposition } from './handoffs.rules';
import { scoreEvidence } from './qualification.rules';
import { scoreAt } from './score.model';

/** How often something was used, and when last. */
export interface ContentUsage {
  readonly name: string;
  readonly count: number;
  readonly lastAt: Instant;
}
/** A buying signal: number of occurrences and their times, latest first. */
export interface SignalOccurrences {
  readonly code: string;
  readonly count: number;
  readonly times: readonly Instant[];
}
export interface EarlierHandoff {
  readonly count: number;
  readonly rep: string;
  readonly at: Instant;
  readonly outcome: Disposition;
  readonly reason?: string;
  readonly outcomeAt?: Instant;
}
/** What makes a package complete; marketing answers for it. */
export const packageParts = enumeration('PackagePart', 'A part of the package that a handoff comes with.', {
  contact: 'How to reach the person.',
  firmographics: 'The job and the company.',
  source: 'Where the lead came from.',
  'first-touch': 'The first contact.',
  evidence: 'Why the lead is qualified.',
});
export type PackagePart = EnumerationValue<typeof packageParts>;

/** What sales receives with a lead. Names, addresses and free text of the person are only in the lead’s document. */
export interface HandoffPackage {
  readonly complete: boolean;
  readonly missing: readonly PackagePart[];
  /** Which personal facts are known: email, name, phone, interests, problems. */
  readonly known: readonly string[];
  readonly firmographics: Readonly<Partial<Record<(typeof firmographics)[number], string | number>>>;
  readonly source: string | null;
  readonly owner: string | null;
  readonly firstTouch: FirstTouch | null;
  readonly touches: number;
  /** Content and pages, latest first. */
  readonly content: readonly ContentUsage[];
  readonly pages: readonly ContentUsage[];
  readonly signals: readonly SignalOccurrences[];
  /** The version that defines the signals, `routing@2`. */
  readonly signalsBy: string;
  /** By rule, as of the handoff; null if no scoring model is agreed. */
  readonly score: Json;
  /** The definition that was met, the event that recorded it, and the evidence. */
  readonly qualification: {
    readonly definition: string;
    readonly eventId: string;
    readonly at: Instant;
    readonly evidence: Json;
    /** True if somebody stated in words how it was met; the text is personal and only in the lead’s document. */
    readonly stated: boolean;
  };
  /** Latest first. */
  readonly earlierHandoffs: readonly EarlierHandoff[];
  /** Deals the person is on that are not lost. */
  readonly openOpportunityIds: readonly string[];
  /** What is known of the company beyond this person; null while the account is unknown. */
  readonly account: null;
  /** Shorter than the usual 50 entries, so that the package stays small. */
  readonly shortened: boolean;
}

const firmographics = ['title', 'company', 'industry', 'employees', 'country', 'region'] as const;
/** Maximum size of a package, in bytes of JSON. */
export const PACKAGE_LIMIT = 32 * 1024;
/** Number of entries kept per list; lowered for all lists until the package fits. */
const LIST_LENGTHS = [50, 20, 8, 3, 1];
const [MAX_SIGNAL_TIMES, MAX_TEXT] = [20, 200];

/** Shortens a text without splitting a character. */
const truncate = (text: string): string =>
  text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 1).replace(/[\ud800-\udbff]$/, '')}…`;

/** Shortens the lists and texts of any JSON: of lists of texts the last entries are kept, of others the first. */
const abridge = (value: Json, most: number): Json => {
  if (typeof value === 'string') return truncate(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value as readonly Json[];
    const kept = typeof items[0] === 'string' ? items.slice(-most) : items.slice(0, most * 2);
    return kept.map((item) => abridge(item, most));
  }
  return Object.fromEntries(Object.entries(value).map(([name, inside]) => [name, abridge(inside, most)]));
};

/** Content and pages by name, latest first; ties by name. */
const contentUsage = ({ touches }: Person, field: 'content' | 'page'): readonly ContentUsage[] => {
  const seen = new Map<string, { name: string; count: number; lastAt: Instant }>();
  for (let index = 0; index < touches.length; index++) {
    const { [field]: name, at } = touches.at(index)!;
    if (name === undefined || name === '') continue;
    const known = seen.get(name);
    if (!known) seen.set(name, { name, count: 1, lastAt: at });
    else {
      known.count++;
      known.lastAt = laterOf(known.lastAt, at);
    }
  }
  return [...seen.values()]
    .sort((a, b) => (a.lastAt > b.lastAt ? -1 : a.lastAt < b.lastAt ? 1 : a.name < b.name ? -1 : 1))
    .slice(0, LIST_LENGTHS[0])
    .map((one) => ({ ...one, name: truncate(one.name) }));
};

/**
 * The times at which a signal occurred: at each matching touch; or, if it requires several within a period, at the
 * touch that completes the number, after which counting restarts.
 * @param times of the matching touches, in epoch milliseconds, ascending
 */
const signalTimes = ({ times: needed = 1, within }: Signal, times: readonly number[]): readonly number[] => {
  if (needed === 1) return times;
  const period = within === undefined ? Infinity : durationMs(within);
  const given: number[] = [];
  let from = 0;
  for (let index = 0; index < times.length; index++) {
    while (times[index]! - times[from]! > period) from++;
    if (index - from + 1 < needed) continue;
    given.push(times[index]!);
    from = index + 1;
  }
  return given;
};

/** The times of the touches in any of the matches, ascending; each touch once. */
const timesOf = (matches: Signal['touches'], touches: Person['touches']): readonly number[] => {
  const found = matches.map((match) => matchingTouches(match, touches)).filter(({ places }) => places.length > 0);
  if (found.length < 2) return found[0]?.times ?? [];
  const times = new Map(found.flatMap(({ places, times }) => places.map((place, index) => [place, times[index]!])));
  return [...times.values()].sort((a, b) => a - b);
};

const signalsOf = ({ touches }: Person, signals: readonly Signal[]): readonly SignalOccurrences[] =>
  signals.flatMap((signal) => {
    const given = signalTimes(signal, timesOf(signal.touches, touches));
    const times = given.slice(-MAX_SIGNAL_TIMES).reverse().map(fromMs);
    return given.length > 0 ? [{ code: signal.code, count: given.length, times }] : [];
  });

/** The score as of the handoff, by rule; if lines are left out, one more line has their sum. */
const scoreOf = (person: Person, at: Instant, { definition }: Pick<DefinitionContext, 'definition'>) => {
  const agreed = definition('scoring-model');
  if (!agreed) return undefined;
  const model = agreed.body;
  const { threshold } = model;
  const score = scoreAt(model, person, at);
  const met = threshold !== undefined && score.hundredths >= Math.round(threshold * 100);
  return scoreEvidence({ definition: agreed.ref, met, ...(threshold !== undefined && { threshold }), ...score }) as {
    readonly hundredths: number;
    readonly lines: readonly { readonly hundredths: number; readonly [field: string]: Json }[];
  };
};
const scoreWithLines = <S extends NonNullable<ReturnType<typeof scoreOf>>>(
  score: S,
  definition: string,
  most: number,
): Json => {
  const all = [...score.lines].sort((a, b) => Math.abs(b.hundredths) - Math.abs(a.hundredths));
  const lines = all.length > most * 4 ? all.slice(0, most * 4) : score.lines;
  const left = all.slice(lines.length);
  const rest = { cause: 'rest', code: '', hundredths: left.reduce((sum, { hundredths }) => sum + hundredths, 0) };
  const kept = lines.map((line) => abridge(line as Json, most));
  return { ...score, definition, lines: left.length > 0 ? [...kept, rest] : kept } as unknown as Json;
};

/** The parts missing from a complete package. */
const missingOf = (
  pack: Pick<HandoffPackage, 'known' | 'firmographics' | 'source' | 'firstTouch' | 'qualification'>,
) => {
  const has: Readonly<Record<PackagePart, boolean>> = {
    contact: pack.known.includes('email') || pack.known.includes('phone'),
    firmographics: (['company', 'industry', 'employees'] as const).some(
      (fact) => pack.firmographics[fact] !== undefined,
    ),
    source: pack.source !== null,
    'first-touch': pack.firstTouch !== null,
    evidence: pack.qualification.evidence !== null || pack.qualification.stated,
  };
  return packageParts.values.filter((part) => !has[part]);
};

/**
 * The handoff package of a lead: everything that sales needs to know.
 * @param lead a marketing-qualified lead
 * @returns at most 32 KiB as JSON, whatever the history: lists are shortened to their latest or strongest entries.
 *   Never throws for valid definitions.
 */
export const handoffPackage = (
  { person, qualified, definition: met }: Extract<CapturedLead, { stage: 'mql' }>,
  { now, definition }: Pick<DefinitionContext, 'now' | 'definition'>,
): HandoffPackage => {
  const { profile, firstTouch } = person;
  const routing = definition('routing');
  const signals = routing?.body?.signals;
  const score = scoreOf(person, laterOf(now, person.latest), { definition });
  const source = profile.source ?? firstTouch?.source ?? firstTouch?.channel;
  const [content, pages] = [contentUsage(person, 'content'), contentUsage(person, 'page')];
  const evidence = qualified.evidence ?? null;
  const openOpportunityIds = person.deals.flatMap(({ on, end, opportunityId }) =>
    on && end?.how !== 'lost' ? [opportunityId] : [],
  );
  const earlierHandoffs = person.handoffLog.map((handoff) => {
    const { count, rep, at, givenBack, disposition } = handoff;
    const [why, when] = givenBack
      ? [handoff.givenBackReason, handoff.givenBackAt]
      : [handoff.reason, handoff.disposedAt];
    return {
      ...{ count, rep, at, outcome: givenBack ?? disposition },
      ...(why !== undefined && { reason: truncate(why) }),
      ...(when !== undefined && { outcomeAt: when }),
    };
  });
  const seen = signalsOf(person, signals ?? builtInSignals);
  const whole = {
    known: person.personalFacts,
    firmographics: Object.fromEntries(
      firmographics.flatMap((fact) => (profile[fact] === undefined ? [] : [[fact, profile[fact]]])),
    ) as HandoffPackage['firmographics'],
    source: source === undefined ? null : truncate(String(source)),
    owner: profile.owner === undefined ? null : String(profile.owner),
    firstTouch: firstTouch ? (abridge(firstTouch as unknown as Json, 1) as unknown as FirstTouch) : null,
    touches: person.touches.length,
    signalsBy: signals ? routing!.ref : 'routing@0',
    qualification: {
      ...{ definition: met, eventId: qualified.eventId, at: qualified.at, evidence },
      stated: qualified.stated ?? false,
    },
    account: null,
  };
  const missing = missingOf(whole);
  const packageWith = (most: number, shownEvidence: Json): HandoffPackage => ({
    ...{ complete: missing.length === 0, missing, ...whole },
    content: content.slice(0, most),
    pages: pages.slice(0, most),
    signals: seen.map((signal) => ({ ...signal, times: signal.times.slice(0, most) })),
    score: score ? scoreWithLines(score, definition('scoring-model')!.ref, most) : null,
    qualification: { ...whole.qualification, evidence: shownEvidence },
    earlierHandoffs: earlierHandoffs.slice(-most).reverse(),
    openOpportunityIds: openOpportunityIds.slice(-most),
    shortened: most < LIST_LENGTHS[0]!,
  });
  for (const most of LIST_LENGTHS) {
    const pack = packageWith(most, abridge(evidence, most));
    if (Buffer.byteLength(JSON.stringify(pack)) <= PACKAGE_LIMIT) return pack;
  }
  return packageWith(1, null); // the event referred to has the evidence
};
