import type { AssetCommand, CampaignCommand, VisitorCommand } from '@baton/campaigns';
import type { BusinessCalendar, DefinitionCommand } from '@baton/definitions';
import type { PersonCommand } from '@baton/directory';
import { DAY_MS, fromMs, toMs, type AnyCommand, type Day, type Instant } from '@baton/kernel';
import type { ReviewInputCommand } from '@baton/insights';
import { type FeedbackCommand, type LeadCommand } from '@baton/leads';
import { type RoutingCommand } from '@baton/routing';
import { compileCalendar } from '@baton/sla-clocks';
import type { OpportunityCommand, SupportRequestCommand } from '@baton/opportunities';
import { startingCalendar } from '../starting-definitions';

/**
 * How a step relates to the queues. `chooses`: it qualifies a lead, so that a queue chooses a rep; such steps are sent
 * one after the other. `between`: it changes a queue, and is sent while no rep is being chosen.
 */
export type StepOrder = 'chooses' | 'between';

/** One command of the demo company: when it is sent, by whom, and to which stream. */
export interface DemoStep {
  readonly at: Instant;
  readonly actor: string;
  readonly to: keyof CommandsTo;
  readonly id: string;
  readonly type: string;
  readonly data: object;
  readonly turn?: StepOrder;
}

interface CommandsTo {
  person: PersonCommand;
  lead: LeadCommand;
  feedback: FeedbackCommand;
  routing: RoutingCommand;
  opportunity: OpportunityCommand;
  support: SupportRequestCommand;
  campaign: CampaignCommand;
  asset: AssetCommand;
  visitor: VisitorCommand;
  definition: DefinitionCommand;
  review: ReviewInputCommand;
}
type DataOf<C extends AnyCommand, T> = Extract<C, { type: T }>['data'];
/** The data of a command without the id of its stream. */
export type StepData<K extends keyof CommandsTo, T extends CommandsTo[K]['type']> = Omit<
  DataOf<CommandsTo[K], T>,
  `${K}Id`
>;
export type Touch = StepData<'lead', 'RecordTouch'>;

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = DAY_MS;

/** The eighteen months of the demo: their first instant, and the first instant after them, in milliseconds. */
export interface Period {
  readonly begin: number;
  readonly end: number;
}
const DAYS = 547;
/** The eighteen months before a day in UTC. */
export const periodBefore = (today: Day): Period => {
  const end = toMs(`${today}T00:00:00.000Z`);
  return { begin: end - DAYS * DAY, end };
};
/** The end of the period that begins on this instant's day. */
export const dayAfterPeriod = (first: Instant): Day =>
  fromMs(Math.floor(toMs(first) / DAY) * DAY + DAYS * DAY).slice(0, 10);

/** A pause in milliseconds, at least a minute, so that everything that follows from a step is done before the next. */
const randomDelay = (ms: number): number => Math.max(MINUTE, Math.round(ms / 1000) * 1000);

const calendar = compileCalendar(startingCalendar as unknown as BusinessCalendar);
/** The same instant or, when the calendar is closed, one soon after it opens again. */
const atWork = (ms: number): number => {
  for (let day = Math.floor(ms / DAY); ; day++)
    for (const { from, to, kind } of calendar.intervalsOf(day))
      if (kind === 'open' && ms < to) return ms >= from ? ms : from + (ms % (HOUR / 4));
};

/** A history under construction: time only moves forward, and steps after the last day are dropped. */
export interface StoryWriter {
  readonly now: () => number;
  readonly over: () => boolean;
  /** Moves time on, in milliseconds. */
  readonly wait: (ms: number) => void;
  /** Moves time on, to working hours. */
  readonly work: (ms: number) => void;
  readonly add: <K extends keyof CommandsTo, T extends CommandsTo[K]['type']>(
    to: K,
    id: string,
    actor: string,
    type: T,
    data: StepData<K, T>,
    turn?: StepOrder,
  ) => void;
}

/**
 * @param steps receives the steps, in the order of time
 * @param start of the story, in milliseconds
 */
export const storyWriter = (steps: DemoStep[], start: number, { end }: Period): StoryWriter => {
  let now = Math.round(start / 1000) * 1000;
  return {
    now: () => now,
    over: () => now >= end,
    wait: (ms) => {
      now += randomDelay(ms);
    },
    work: (ms) => {
      now = atWork(now + randomDelay(ms));
    },
    add: (to, id, actor, type, data, turn) => {
      if (now >= end) return;
      steps.push({ at: fromMs(now), actor, to, id, type, data: { [`${to}Id`]: id, ...data }, ...(turn && { turn }) });
    },
  };
};
