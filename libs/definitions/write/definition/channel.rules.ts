import { either, hasText, wordKey, list, object, optional, tidy, type Fault, type Static, text } from '@baton/kernel';
import { isSite, SITE_SAYS, siteFinder, siteKey } from './sites.rules';

const PATTERN = 'Exact text in any case, `*` for any characters, or `(none)` for absent.';
export const pattern = optional(text(PATTERN, { max: 300 }));

const condition = (description: string) =>
  optional(
    either(
      text('', { max: 300 }),
      list(text('', { max: 300 }), 'Any of these.', { max: 200 }),
      `${description} Several: any of them.`,
    ),
  );
const asText = (what: string) => condition(`${what} ${PATTERN}`);
/** What a rule may ask of a touch, besides the channel. */
const conditionFields = {
  source: asText('utm_source or its like.'),
  medium: asText('utm_medium or its like.'),
  campaign: asText('utm_campaign, or the id of a campaign.'),
  site: condition(
    'The name of a list of `sites` of the channel rules: it has the source, or without a source the referrer.',
  ),
  referrer: condition('Where the person came from, as a site; `*` for any that is stated, `(none)` for absent.'),
  page: asText('The page of a visit.'),
  landingPage: asText('The page at which the visit began.'),
  action: asText('What was done.'),
  team: asText('marketing or sales.'),
  direction: asText('inbound or outbound.'),
};
const conditions = object(
  { channel: asText('The channel that the touch states.'), ...conditionFields },
  'All of these hold.',
);
/** What `include` and `exclude` may ask of a touch: the same as a rule, and what the rules answer. */
export const touchConditions = object(
  {
    channel: asText('The channel after the channel rules.'),
    subChannel: asText('The sub-channel after the channel rules.'),
    ...conditionFields,
  },
  'All of these hold.',
);
export type TouchConditions = Static<typeof touchConditions>;

/**
 * What a touch counts as. The first rule wins whose conditions all hold. `$channel` as the answer passes the stated
 * channel through; such a rule holds only for a touch that states one.
 */
export const channelRules = object({
  sites: optional(
    list(
      object({
        name: text('What rules call the list: search.', { min: 1, max: 50 }),
        members: list(text(`Each is ${SITE_SAYS}.`, { min: 1, max: 253 }), 'The sites.', { max: 1000 }),
      }),
      'Lists of sites. Of several entries that mean one host the closest decides.',
      { max: 50 },
    ),
  ),
  rules: list(
    object({
      when: conditions,
      channel: text('The channel, or `$channel` for the one stated.', { max: 100 }),
      subChannel: optional(
        text('The sub-channel, or `$source`, `$medium`, `$campaign` for what the touch states there.', {
          min: 1,
          max: 100,
        }),
      ),
    }),
    'First match wins.',
  ),
  otherwise: text('The channel of a touch that no rule takes; one by sales is `sales`.', { max: 100 }),
});
export type ChannelRules = Static<typeof channelRules>;
type Rule = ChannelRules['rules'][number];
type Field = keyof Rule['when'];

/** What a touch counts as. */
export interface Classified {
  readonly channel: string;
  /** Null where no rule takes the touch, or the one that does names none. */
  readonly subChannel: string | null;
}

/** What the rules see of a touch. An empty channel is a stated one; another field that is blank counts as absent. */
export type Classifiable = { readonly [F in Exclude<Field, 'site'>]?: string | undefined };
type Asked = Classifiable & { readonly subChannel?: string | null | undefined };
type Holds = (value: string | undefined) => boolean;

const ABSENT = '(none)';
/** A touch by sales that no rule names. */
const BY_SALES = 'sales';

/** Compiles a pattern: exact text in any case, `*` for any characters, `(none)` for absent. Linear in the text. */
export const matcher = (pattern: string): Holds => {
  const wanted = wordKey(pattern);
  if (wanted === ABSENT) return (value) => value === undefined;
  const parts = wanted.split('*');
  if (parts.length === 1) return (value) => value !== undefined && wordKey(value) === wanted;
  const [head, tail] = [parts[0]!, parts[parts.length - 1]!];
  return (value) => {
    if (value === undefined) return false;
    const seen = wordKey(value);
    if (seen.length < head.length + tail.length || !seen.startsWith(head) || !seen.endsWith(tail)) return false;
    // Each part at its first place: linear, where a regular expression of a user could take for ever.
    let at = head.length;
    for (const part of parts.slice(1, -1)) {
      const found = seen.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return at <= seen.length - tail.length;
  };
};

const referrerMatcher = (wanted: string): Holds => {
  if (wordKey(wanted) === '*' || wordKey(wanted) === ABSENT) return matcher(wanted);
  const find = siteFinder([[true, [wanted]]]);
  return (value) => value !== undefined && find(value) === true;
};

const severalOf = (wanted: string | readonly string[]): readonly string[] =>
  typeof wanted === 'string' ? [wanted] : wanted;
const anyOf = (tests: readonly Holds[]): Holds =>
  tests.length === 1 ? tests[0]! : (value) => tests.some((holds) => holds(value));

/** What the rules see of one field. */
const valueIn = (touch: Asked, field: Exclude<keyof TouchConditions, 'site'>): string | undefined => {
  const value = touch[field] ?? undefined;
  return field === 'channel' || hasText(value) ? value : undefined;
};

interface CompiledRule {
  readonly channel: string;
  readonly subChannel: string | undefined;
  readonly holds: (touch: Classifiable) => boolean;
  /** What it asks for. */
  readonly fields: readonly string[];
}

/**
 * Compiles conditions on touches, those of rules and those of `include` and `exclude` alike.
 * @param sites the lists that conditions name
 */
export const conditionCompiler = ({ sites = [] }: Pick<ChannelRules, 'sites'>) => {
  const listOf = siteFinder(sites.map(({ name, members }) => [wordKey(name), members] as const));
  return (when: TouchConditions): ((touch: Asked) => boolean) => {
    const tests = Object.entries(when).map(([name, wanted]): ((touch: Asked) => boolean) => {
      const field = name as keyof TouchConditions;
      if (field === 'site') {
        const names = new Set(severalOf(wanted).map(wordKey));
        return (touch) => {
          const origin = valueIn(touch, 'source') ?? valueIn(touch, 'referrer');
          const found = origin === undefined ? undefined : listOf(origin);
          return found !== undefined && names.has(found);
        };
      }
      const holds = anyOf(severalOf(wanted).map(field === 'referrer' ? referrerMatcher : matcher));
      return (touch) => holds(valueIn(touch, field));
    });
    return (touch) => tests.every((test) => test(touch));
  };
};

const compiledRules = ({ sites, rules }: ChannelRules): readonly CompiledRule[] => {
  const compile = conditionCompiler(sites ? { sites } : {});
  return rules.map(({ when, channel, subChannel }) => {
    return { channel, subChannel, holds: compile(when), fields: Object.keys(when) };
  });
};

/** The channels that the rules answer. */
const namesIn = ({ rules, otherwise }: ChannelRules): readonly string[] => [
  ...rules.map(({ channel }) => channel).filter((channel) => channel !== '$channel'),
  otherwise,
  BY_SALES,
];
/** A stated channel as the rules spell it, where they name it in whatever spelling. */
const spelling = (body: ChannelRules): ((channel: string) => string) => {
  const known = new Map(
    namesIn(body)
      .map((name) => [wordKey(name), name] as const)
      .reverse(),
  );
  return (channel) => known.get(wordKey(channel)) ?? tidy(channel);
};

const STATED = { $source: 'source', $medium: 'medium', $campaign: 'campaign' } as const;
const subChannelOf = (subChannel: string | undefined, touch: Classifiable): string | null => {
  if (subChannel === undefined) return null;
  if (!Object.hasOwn(STATED, subChannel)) return subChannel;
  const stated = valueIn(touch, STATED[subChannel as keyof typeof STATED]);
  return stated === undefined ? null : tidy(stated);
};

/**
 * Compiles channel rules once.
 * @returns a function from the raw fields of a touch to its channel, as the rules spell it, and its sub-channel; it never
 *   throws. What no rule takes is `otherwise`, or `sales` for a touch by sales.
 */
export const touchClassifier = (body: ChannelRules): ((touch: Classifiable) => Classified) => {
  const [compiled, spelled] = [compiledRules(body), spelling(body)];
  return (touch) => {
    for (const { holds, channel, subChannel } of compiled) {
      if (!holds(touch)) continue;
      const named = channel === '$channel' ? touch.channel : channel;
      if (named === undefined) continue;
      return {
        channel: channel === '$channel' ? spelled(named) : named,
        subChannel: subChannelOf(subChannel, touch),
      };
    }
    return { channel: touch.team === 'sales' ? BY_SALES : body.otherwise, subChannel: null };
  };
};

/** The channel alone, as `touchClassifier` gives it. */
export const channelClassifier = (body: ChannelRules): ((touch: Classifiable) => string) => {
  const classified = touchClassifier(body);
  return (touch) => classified(touch).channel;
};

/** What is known of spend. */
interface ClassifiableSpend {
  readonly channel: string | null;
  readonly source: string | null;
  readonly medium: string | null;
  readonly campaignId: string | null;
}

/**
 * Compiles what spend counts as, so that it meets the touches that it paid for. The same rules decide as for touches, but
 * what spend does not state is unknown and not absent: a rule that asks for it says nothing of spend. Where none of the
 * others holds, a channel that the rules answer is itself, and the rest is what a touch is that no other rule takes.
 */
export const spendClassifier = (body: ChannelRules): ((spend: ClassifiableSpend) => Classified) => {
  const compiled = compiledRules(body);
  const answers = new Map([...namesIn(body)].map((name) => [wordKey(name), name] as const).reverse());
  const rest = compiled.find(({ fields }) => fields.length === 0);
  return ({ channel, source, medium, campaignId: campaign }) => {
    const known = Object.entries({ channel, source, medium, campaign }).filter(
      ([field, value]) => value !== null && (field === 'channel' || hasText(value)),
    );
    const touch: Classifiable = { ...(Object.fromEntries(known) as Classifiable), team: 'marketing' };
    const stated = new Set([...known.map(([field]) => field), 'team']);
    if (stated.has('source')) stated.add('site');
    const answerOf = (rule: CompiledRule): Classified => ({
      channel: rule.channel !== '$channel' ? rule.channel : (answers.get(wordKey(channel!)) ?? tidy(channel!)),
      subChannel: subChannelOf(rule.subChannel, touch),
    });
    const passes = ({ channel: answer }: CompiledRule) => answer !== '$channel' || channel !== null;
    for (const rule of compiled)
      if (
        rule.fields.length > 0 &&
        rule.fields.every((field) => stated.has(field)) &&
        rule.holds(touch) &&
        passes(rule)
      )
        return answerOf(rule);
    const itself = channel === null ? undefined : answers.get(wordKey(channel));
    if (itself !== undefined) return { channel: itself, subChannel: null };
    return rest && passes(rest) ? answerOf(rest) : { channel: body.otherwise, subChannel: null };
  };
};

/** Classifies one touch; for many touches keep a `channelClassifier`. */
export const classify = (rules: ChannelRules, touch: Classifiable): string => channelClassifier(rules)(touch);

/**
 * What the schema cannot say of conditions: each names something, and sites that can be read.
 * @param lists the lists of sites that there are; undefined where they are another definition's
 */
export const conditionsFault = (
  when: TouchConditions,
  path: string,
  lists?: ReadonlySet<string>,
): Fault | undefined => {
  for (const [field, wanted] of Object.entries(when))
    if (severalOf(wanted).length === 0) return { path: `${path}.${field}`, message: 'Name at least one.' };
  const unknown = lists && severalOf(when.site ?? []).find((name) => !lists.has(wordKey(name)));
  if (unknown !== undefined)
    return {
      path: `${path}.site`,
      message: `There is no list ${unknown} in sites; there are: ${[...lists!].join(', ')}.`,
    };
  const strange = severalOf(when.referrer ?? []).find(
    (each) => !['*', ABSENT].includes(wordKey(each)) && !isSite(each),
  );
  return strange === undefined
    ? undefined
    : { path: `${path}.referrer`, message: `A referrer must be ${SITE_SAYS}, * or ${ABSENT}.` };
};

/** The names of the lists of sites, as conditions are compared with them. */
export const siteListsOf = ({ sites = [] }: Pick<ChannelRules, 'sites'>): ReadonlySet<string> =>
  new Set(sites.map(({ name }) => wordKey(name)));

/** @returns what the schema cannot say: readable sites, each in one list, and rules that name lists there are */
export const validateChannelRules = (body: ChannelRules): Fault | undefined => {
  const { sites = [], rules } = body;
  const names = new Set<string>();
  const places = new Map<string, string>();
  for (const [index, { name, members }] of sites.entries()) {
    if (names.has(wordKey(name))) return { path: `sites.${index}.name`, message: 'Another list has this name.' };
    names.add(wordKey(name));
    for (const [place, member] of members.entries()) {
      const path = `sites.${index}.members.${place}`;
      if (!isSite(member)) return { path, message: `A site must be ${SITE_SAYS}.` };
      const before = places.get(siteKey(member));
      if (before) return { path, message: `${before} names this site already.` };
      places.set(siteKey(member), path);
    }
  }
  for (const [index, { when }] of rules.entries()) {
    const fault = conditionsFault(when, `rules.${index}.when`, names);
    if (fault) return fault;
  }
  return undefined;
};
