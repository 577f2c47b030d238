import {
  either,
  hasText,
  wordKey,
  list,
  object,
  oncePer,
  optional,
  tidy,
  type Fault,
  type Static,
  text,
} from '@baton/kernel';
import { isSite, SITE_SAYS, siteFinder, siteKey } from './sites.rules';

const PATTERN = 'Exact text (case is ignored), `*` for any characters, or `(none)` for an absent field.';
export const pattern = optional(text(PATTERN, { max: 300 }));

const condition = (description: string) =>
  optional(
    either(
      text('', { max: 300 }),
      list(text('', { max: 300 }), 'Matches if any of these does.', { max: 200 }),
      `${description} Give a list to match any of several.`,
    ),
  );
const asText = (what: string) => condition(`${what} ${PATTERN}`);
/** Fields of a touch that a rule can test, besides the channel. */
const conditionFields = {
  source: asText('utm_source, or its equivalent.'),
  medium: asText('utm_medium, or its equivalent.'),
  campaign: asText('utm_campaign, or the id of a campaign.'),
  site: condition(
    'Name of a list in `sites` of the channel rules; the list must contain the source or, without a source, the referrer.',
  ),
  referrer: condition('Site that the person came from; `*` for any referrer, `(none)` for none.'),
  page: asText('Page of a visit.'),
  landingPage: asText('First page of the visit.'),
  action: asText('Action of the touch.'),
  team: asText('marketing or sales.'),
  direction: asText('inbound or outbound.'),
};
const conditions = object(
  { channel: asText('Channel that the touch states.'), ...conditionFields },
  'Every condition must hold.',
);
/**
 * Fields of a touch that `include` and `exclude` can test: those of a rule, except the channel that the rules assign.
 */
export const touchConditions = object(
  {
    channel: asText('Channel as the channel rules classify the touch.'),
    subChannel: asText('Sub-channel as the channel rules classify the touch.'),
    ...conditionFields,
  },
  'Every condition must hold.',
);
export type TouchConditions = Static<typeof touchConditions>;

/**
 * Assigns each touch a channel: the first rule whose conditions all hold decides. A rule whose channel is `$channel`
 * keeps the channel that the touch states, and holds only for touches that state one.
 */
export const channelRules = object({
  sites: optional(
    list(
      object({
        name: text('Name of the list, as rules refer to it: search.', { min: 1, max: 50 }),
        members: list(text(`Each is ${SITE_SAYS}.`, { min: 1, max: 253 }), 'Sites in the list.', { max: 1000 }),
      }),
      'Lists of sites. If several entries match a host, the most specific one decides.',
      { max: 50 },
    ),
  ),
  rules: list(
    object({
      when: conditions,
      channel: text('Channel to assign, or `$channel` for the one that the touch states.', { max: 100 }),
      subChannel: optional(
        text('Sub-channel to assign, or `$source`, `$medium`, `$campaign` for the value that the touch states.', {
          min: 1,
          max: 100,
        }),
      ),
    }),
    'The first matching rule decides.',
  ),
  otherwise: text('Channel of a touch that no rule matches; a touch by sales becomes `sales`.', { max: 100 }),
});
export type ChannelRules = Static<typeof channelRules>;
type Rule = ChannelRules['rules'][number];
type Field = keyof Rule['when'];

/** The channel and sub-channel assigned to a touch. */
export interface TouchClassification {
  readonly channel: string;
  /** Null where no rule matches, or the matching rule names none. */
  readonly subChannel: string | null;
}

/** The fields of a touch that rules can test. An empty channel counts as stated; any other blank field as absent. */
export type ClassifiableTouch = { readonly [F in Exclude<Field, 'site'>]?: string | undefined };
type ConditionInput = ClassifiableTouch & { readonly subChannel?: string | null | undefined };
type TextTest = (value: string | undefined) => boolean;

const ABSENT = '(none)';
/** The channel of a touch by sales that no rule matches. */
const SALES_CHANNEL = 'sales';

/** Compiles a pattern: exact text in any case, `*` for any characters, `(none)` for absent. Linear in the text. */
export const matcher = (pattern: string): TextTest => {
  const wanted = wordKey(pattern);
  if (wanted === ABSENT) return (value) => value === undefined;
  const parts = wanted.split('*');
  if (parts.length === 1) return (value) => value !== undefined && wordKey(value) === wanted;
  const [head, tail] = [parts[0]!, parts[parts.length - 1]!];
  return (value) => {
    if (value === undefined) return false;
    const seen = wordKey(value);
    if (seen.length < head.length + tail.length || !seen.startsWith(head) || !seen.endsWith(tail)) return false;
    // Finds each part at its first place, in linear time; a regular expression given by a user could take exponential
    // time.
    let at = head.length;
    for (const part of parts.slice(1, -1)) {
      const found = seen.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return at <= seen.length - tail.length;
  };
};

const referrerMatcher = (wanted: string): TextTest => {
  if (wordKey(wanted) === '*' || wordKey(wanted) === ABSENT) return matcher(wanted);
  const find = siteFinder([[true, [wanted]]]);
  return (value) => value !== undefined && find(value) === true;
};

const listOf = (wanted: string | readonly string[]): readonly string[] =>
  typeof wanted === 'string' ? [wanted] : wanted;
const anyOf = (tests: readonly TextTest[]): TextTest =>
  tests.length === 1 ? tests[0]! : (value) => tests.some((holds) => holds(value));

/** The value of one field as rules test it. */
const valueIn = (touch: ConditionInput, field: Exclude<keyof TouchConditions, 'site'>): string | undefined => {
  const value = touch[field] ?? undefined;
  return field === 'channel' || hasText(value) ? value : undefined;
};

interface CompiledRule {
  readonly channel: string;
  readonly subChannel: string | undefined;
  readonly holds: (touch: ClassifiableTouch) => boolean;
  /** The fields that it tests. */
  readonly fields: readonly string[];
}

type SiteLists = NonNullable<ChannelRules['sites']>;
/** Finds the list that contains a site, compiled once per lists of a definition body. */
const siteListFinder = oncePer((sites: SiteLists) =>
  siteFinder(sites.map(({ name, members }) => [wordKey(name), members] as const)),
);

/**
 * Compiles the conditions on touches of rules, `include` and `exclude`.
 * @param sites the lists that conditions name
 */
export const conditionCompiler = ({ sites = [] }: Pick<ChannelRules, 'sites'>) => {
  const findSiteList = siteListFinder(sites);
  return (when: TouchConditions): ((touch: ConditionInput) => boolean) => {
    const tests = Object.entries(when).map(([name, wanted]): ((touch: ConditionInput) => boolean) => {
      const field = name as keyof TouchConditions;
      if (field === 'site') {
        const names = new Set(listOf(wanted).map(wordKey));
        return (touch) => {
          const origin = valueIn(touch, 'source') ?? valueIn(touch, 'referrer');
          const found = origin === undefined ? undefined : findSiteList(origin);
          return found !== undefined && names.has(found);
        };
      }
      const holds = anyOf(listOf(wanted).map(field === 'referrer' ? referrerMatcher : matcher));
      return (touch) => holds(valueIn(touch, field));
    });
    return (touch) => tests.every((test) => test(touch));
  };
};

/** Compiled once per definition body. */
const compiledRules = oncePer((body: ChannelRules): readonly CompiledRule[] => {
  const compile = conditionCompiler(body);
  return body.rules.map(({ when, channel, subChannel }) => {
    return { channel, subChannel, holds: compile(when), fields: Object.keys(when) };
  });
});

/** The channels that the rules can assign. */
const channelNamesOf = ({ rules, otherwise }: ChannelRules): readonly string[] => [
  ...rules.map(({ channel }) => channel).filter((channel) => channel !== '$channel'),
  otherwise,
  SALES_CHANNEL,
];
/** Spells a stated channel as the rules do, where they name it in another case or composition. */
const spellingOf = (body: ChannelRules): ((channel: string) => string) => {
  const known = new Map(
    channelNamesOf(body)
      .map((name) => [wordKey(name), name] as const)
      .reverse(),
  );
  return (channel) => known.get(wordKey(channel)) ?? tidy(channel);
};

const statedFields = { $source: 'source', $medium: 'medium', $campaign: 'campaign' } as const;
const subChannelOf = (subChannel: string | undefined, touch: ClassifiableTouch): string | null => {
  if (subChannel === undefined) return null;
  if (!Object.hasOwn(statedFields, subChannel)) return subChannel;
  const stated = valueIn(touch, statedFields[subChannel as keyof typeof statedFields]);
  return stated === undefined ? null : tidy(stated);
};

/**
 * Compiles channel rules once.
 * @returns a function from the raw fields of a touch to its channel, as the rules spell it, and its sub-channel; it never
 *   throws. A touch that no rule matches gets `otherwise`, or `sales` if sales made it.
 */
export const touchClassifier = (body: ChannelRules): ((touch: ClassifiableTouch) => TouchClassification) => {
  const [compiled, spelled] = [compiledRules(body), spellingOf(body)];
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
    return { channel: touch.team === 'sales' ? SALES_CHANNEL : body.otherwise, subChannel: null };
  };
};

/** Like `touchClassifier`, but returns the channel only. */
export const channelClassifier = (body: ChannelRules): ((touch: ClassifiableTouch) => string) => {
  const classified = touchClassifier(body);
  return (touch) => classified(touch).channel;
};

/** The fields of spend that classify it. */
interface ClassifiableSpend {
  readonly channel: string | null;
  readonly source: string | null;
  readonly medium: string | null;
  readonly campaignId: string | null;
}

/**
 * Compiles channel rules for spend, so that spend gets the channel of the touches that it paid for. The rules are those
 * for touches, except that a field that spend does not state is unknown rather than absent: a rule that tests such a
 * field is skipped. If no rule matches, a stated channel that the rules can assign is kept; everything else is classified
 * as a touch that no rule matches.
 */
export const spendClassifier = (body: ChannelRules): ((spend: ClassifiableSpend) => TouchClassification) => {
  const compiled = compiledRules(body);
  const answers = new Map([...channelNamesOf(body)].map((name) => [wordKey(name), name] as const).reverse());
  const rest = compiled.find(({ fields }) => fields.length === 0);
  return ({ channel, source, medium, campaignId: campaign }) => {
    const known = Object.entries({ channel, source, medium, campaign }).filter(
      ([field, value]) => value !== null && (field === 'channel' || hasText(value)),
    );
    const touch: ClassifiableTouch = { ...(Object.fromEntries(known) as ClassifiableTouch), team: 'marketing' };
    const stated = new Set([...known.map(([field]) => field), 'team']);
    if (stated.has('source')) stated.add('site');
    const answerOf = (rule: CompiledRule): TouchClassification => ({
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
export const classify = (rules: ChannelRules, touch: ClassifiableTouch): string => channelClassifier(rules)(touch);

/**
 * @param lists names of the lists of sites; undefined where these are part of another definition
 * @returns the first fault that the schema cannot find: an empty list, an unknown list of sites, an invalid site
 */
export const validateConditions = (
  when: TouchConditions,
  path: string,
  lists?: ReadonlySet<string>,
): Fault | undefined => {
  for (const [field, wanted] of Object.entries(when))
    if (listOf(wanted).length === 0)
      return {
        path: `${path}.${field}`,
        message: 'The list is empty; give at least one value, or remove the condition.',
      };
  const unknown = lists && listOf(when.site ?? []).find((name) => !lists.has(wordKey(name)));
  if (unknown !== undefined)
    return {
      path: `${path}.site`,
      message: `sites has no list named ${unknown}; its lists are: ${[...lists!].join(', ')}.`,
    };
  const strange = listOf(when.referrer ?? []).find((each) => !['*', ABSENT].includes(wordKey(each)) && !isSite(each));
  return strange === undefined
    ? undefined
    : { path: `${path}.referrer`, message: `referrer must be ${SITE_SAYS}, * or ${ABSENT}.` };
};

/** The names of the lists of sites, as conditions are compared with them. */
export const siteListsOf = ({ sites = [] }: Pick<ChannelRules, 'sites'>): ReadonlySet<string> =>
  new Set(sites.map(({ name }) => wordKey(name)));

/** @returns the first fault that the schema cannot find: invalid or repeated sites, rules that name unknown lists */
export const validateChannelRules = (body: ChannelRules): Fault | undefined => {
  const { sites = [], rules } = body;
  const names = new Set<string>();
  const places = new Map<string, string>();
  for (const [index, { name, members }] of sites.entries()) {
    if (names.has(wordKey(name)))
      return { path: `sites.${index}.name`, message: 'Another list has this name; choose another one.' };
    names.add(wordKey(name));
    for (const [place, member] of members.entries()) {
      const path = `sites.${index}.members.${place}`;
      if (!isSite(member)) return { path, message: `Each member must be ${SITE_SAYS}.` };
      const before = places.get(siteKey(member));
      if (before) return { path, message: `This site is listed at ${before} already; list each site once.` };
      places.set(siteKey(member), path);
    }
  }
  for (const [index, { when }] of rules.entries()) {
    const fault = validateConditions(when, `rules.${index}.when`, names);
    if (fault) return fault;
  }
  return undefined;
};
