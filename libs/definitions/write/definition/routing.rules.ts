import {
  type Fault,
  flag,
  ID_PATTERN,
  ID_REQUIREMENT,
  integer,
  wordKey,
  list,
  object,
  oneOf,
  optional,
  type Static,
  text,
} from '@baton/kernel';
import { durationFault } from './criteria.rules';
import { touchMatch } from './touches.rules';

/** What a routing rule may look at: facts about the person and where the lead came from. */
export const routingFields = [
  'country',
  'region',
  'industry',
  'company',
  'title',
  'employees',
  'source',
  'owner',
] as const;

const queue = (description: string) => text(description, { pattern: ID_PATTERN, says: ID_REQUIREMENT, max: 128 });

/** What shows that a lead means to buy; the rep who gets the lead is told how often and when. */
const signal = object({
  code: text('Short and stable: pricing-view.', { min: 1, max: 100 }),
  label: optional(text('In words.', { max: 200 })),
  touches: list(touchMatch, 'A touch that one of these means.', { max: 10 }),
  times: optional(integer('How many such touches it takes; 1 by default.', { min: 1, max: 1000 })),
  within: optional(text('Within this time; ISO 8601: P7D, PT12H.', { max: 30 })),
});
export type Signal = Static<typeof signal>;

/** The signals that count before any are agreed (`routing@0`). */
export const builtInSignals: readonly Signal[] = [
  { code: 'pricing-view', touches: [{ page: '*pricing*' }, { content: '*pricing*' }] },
  { code: 'demo-request', touches: [{ action: '*demo*' }, { action: 'form', content: '*demo*' }] },
  { code: 'repeated-visits', touches: [{ action: 'page-view' }, { action: 'visit' }], times: 3, within: 'P7D' },
];

/** Which queue of reps a qualified lead goes to; who of them is next, the queue itself decides. */
export const routing = object({
  handoffOwner: text('Who gets the lead when everybody is away.', { min: 1, max: 200 }),
  rules: list(
    object({
      name: text('What the choice is explained by: territory EMEA.', { min: 1, max: 200 }),
      when: list(
        object({
          field: oneOf(routingFields, 'A fact of the lead; an absent one meets no condition.'),
          in: optional(list(text('', { max: 300 }), 'It is one of these, in any case of letters.', { max: 300 })),
          atLeast: optional(integer('Employees: so many or more.', { min: 0 })),
          below: optional(integer('Employees: fewer than this.', { min: 1 })),
        }),
        'All of these hold; none at all takes every lead.',
        { max: 20 },
      ),
      queue: queue('The queue it goes to.'),
      accountOwner: optional(flag('Whoever owns the lead gets it out of turn, if present in that queue.')),
    }),
    'The first rule that holds decides.',
    { max: 200 },
  ),
  otherwise: queue('The queue of leads that no rule takes.'),
  signals: optional(
    list(signal, 'What the package of a handed-over lead names as buying signals, instead of the built-in ones.', {
      max: 20,
    }),
  ),
});
export type Routing = Static<typeof routing>;

/** @returns what the schema cannot say: each condition asks something, numbers only of a number; sound signals */
export const validateRouting = (body: Routing): Fault | undefined => {
  for (const [index, { when }] of body.rules.entries())
    for (const [place, { field, in: words, atLeast, below }] of when.entries()) {
      const path = `rules.${index}.when.${place}`;
      const numeric = atLeast !== undefined || below !== undefined;
      if (!numeric && words === undefined) return { path, message: 'Say what the field must be.' };
      if (numeric && field !== 'employees') return { path, message: 'Only employees is a number.' };
      if (words && field === 'employees') return { path: `${path}.in`, message: 'Give atLeast and below.' };
      if (words?.length === 0) return { path: `${path}.in`, message: 'An empty list takes no lead.' };
    }
  return soundSignals(body.signals ?? []);
};

const soundSignals = (signals: readonly Signal[]): Fault | undefined => {
  for (const [index, { code, touches, within }] of signals.entries()) {
    const path = `signals.${index}`;
    if (signals.findIndex((other) => other.code === code) < index)
      return { path: `${path}.code`, message: 'Another signal has this code.' };
    if (touches.length === 0) return { path: `${path}.touches`, message: 'Say which touches are meant.' };
    const fault = durationFault(within, `${path}.within`);
    if (fault) return fault;
  }
  return undefined;
};

/** What is known of a lead, for routing. */
export type Routable = { readonly [F in (typeof routingFields)[number]]?: string | number | undefined };

/**
 * Which queue takes a lead.
 * @returns the queue, and the rule that said so; `otherwise` where none did
 */
export const routeOf = (
  { rules, otherwise }: Routing,
  lead: Routable,
): { readonly queue: string; readonly rule: string; readonly accountOwner: boolean } => {
  const rule = rules.find(({ when }) =>
    when.every(({ field, in: words, atLeast, below }) => {
      const value = lead[field];
      if (value === undefined || value === '') return false;
      if (words && !words.some((word) => wordKey(word) === wordKey(String(value)))) return false;
      return (atLeast === undefined || Number(value) >= atLeast) && (below === undefined || Number(value) < below);
    }),
  );
  return rule
    ? { queue: rule.queue, rule: rule.name, accountOwner: rule.accountOwner ?? false }
    : { queue: otherwise, rule: 'otherwise', accountOwner: false };
};
