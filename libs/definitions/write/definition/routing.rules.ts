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
import { validateDuration } from './criteria.rules';
import { touchPattern } from './touches.rules';

/** The fields of a lead that routing rules can test. */
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

const queue = (description: string) =>
  text(description, { pattern: ID_PATTERN, requirement: ID_REQUIREMENT, max: 128 });

/** A buying signal; the handoff package lists how often and when it occurred. */
const signal = object({
  code: text('Short, stable code: pricing-view.', { min: 1, max: 100 }),
  label: optional(text('Label for people.', { max: 200 })),
  touches: list(touchPattern, 'Touches that count; a touch must match one of these.', { max: 10 }),
  times: optional(integer('Number of such touches needed; 1 by default.', { min: 1, max: 1000 })),
  within: optional(text('Period in which they must happen, as an ISO 8601 duration: P7D, PT12H.', { max: 30 })),
});
export type Signal = Static<typeof signal>;

/** The signals that count before any are agreed (`routing@0`). */
export const builtInSignals: readonly Signal[] = [
  { code: 'pricing-view', touches: [{ page: '*pricing*' }, { content: '*pricing*' }] },
  { code: 'demo-request', touches: [{ action: '*demo*' }, { action: 'form', content: '*demo*' }] },
  { code: 'repeated-visits', touches: [{ action: 'page-view' }, { action: 'visit' }], times: 3, within: 'P7D' },
];

/** Assigns qualified leads to queues of reps; the queue decides which rep is next. */
export const routing = object({
  handoffOwner: text('Person who gets the lead when every rep is away.', { min: 1, max: 200 }),
  rules: list(
    object({
      name: text('Name of the rule, shown as the reason for the choice: territory EMEA.', { min: 1, max: 200 }),
      when: list(
        object({
          field: oneOf(routingFields, 'Field of the lead; an absent value meets no condition.'),
          in: optional(list(text('', { max: 300 }), 'Allowed values; case is ignored.', { max: 300 })),
          atLeast: optional(integer('For employees: lower bound, inclusive.', { min: 0 })),
          below: optional(integer('For employees: upper bound, exclusive.', { min: 1 })),
        }),
        'Conditions; every one must hold. No conditions match every lead.',
        { max: 20 },
      ),
      queue: queue('Queue that the lead goes to.'),
      accountOwner: optional(
        flag('The owner of the lead gets it out of turn, if the owner is an available rep of that queue.'),
      ),
    }),
    'Routing rules; the first one whose conditions hold decides.',
    { max: 200 },
  ),
  otherwise: queue('Queue of leads that no rule matches.'),
  signals: optional(
    list(signal, 'Buying signals listed in the handoff package, instead of the built-in ones.', {
      max: 20,
    }),
  ),
});
export type Routing = Static<typeof routing>;

/** @returns the first fault that the schema cannot find: empty conditions, bounds for text, invalid signals */
export const validateRouting = (body: Routing): Fault | undefined => {
  for (const [index, { when }] of body.rules.entries())
    for (const [place, { field, in: words, atLeast, below }] of when.entries()) {
      const path = `rules.${index}.when.${place}`;
      const numeric = atLeast !== undefined || below !== undefined;
      if (!numeric && words === undefined) return { path, message: 'A condition needs in, atLeast or below.' };
      if (numeric && field !== 'employees')
        return { path, message: 'atLeast and below work for employees only; give in.' };
      if (words && field === 'employees')
        return { path: `${path}.in`, message: 'employees is a number: give atLeast or below instead of in.' };
      if (words?.length === 0)
        return { path: `${path}.in`, message: 'in is empty, so no lead could match; list at least one value.' };
    }
  return validateSignals(body.signals ?? []);
};

const validateSignals = (signals: readonly Signal[]): Fault | undefined => {
  for (const [index, { code, touches, within }] of signals.entries()) {
    const path = `signals.${index}`;
    if (signals.findIndex((other) => other.code === code) < index)
      return { path: `${path}.code`, message: 'Another signal has this code; choose another one.' };
    if (touches.length === 0)
      return { path: `${path}.touches`, message: 'touches must list at least one kind of touch.' };
    const fault = validateDuration(within, `${path}.within`);
    if (fault) return fault;
  }
  return undefined;
};

/** The fields of a lead that routing rules test. */
export type RoutingFields = { readonly [F in (typeof routingFields)[number]]?: string | number | undefined };

/**
 * Finds the queue for a lead.
 * @returns the queue, and the name of the rule that decided; `otherwise` where none matched
 */
export const findQueue = (
  { rules, otherwise }: Routing,
  lead: RoutingFields,
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
