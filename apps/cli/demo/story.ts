import type { CampaignCommand, VisitorCommand } from '@baton/campaigns';
import type { DefinitionCommand } from '@baton/definitions';
import { DAY_MS, fromMs, toMs, type AnyCommand, type Instant } from '@baton/kernel';
import type { LeadCommand } from '@baton/leads';
import type { OpportunityCommand } from '@baton/opportunities';

/** One command of the demo company: who sends it when, and to which stream. */
export interface DemoStep {
  readonly at: Instant;
  readonly actor: string;
  readonly to: 'lead' | 'opportunity' | 'campaign' | 'visitor' | 'definition';
  readonly id: string;
  readonly type: string;
  readonly data: object;
}

interface CommandsTo {
  lead: LeadCommand;
  opportunity: OpportunityCommand;
  campaign: CampaignCommand;
  visitor: VisitorCommand;
  definition: DefinitionCommand;
}
type DataOf<C extends AnyCommand, T> = Extract<C, { type: T }>['data'];
/** What a command says besides the id of whom it speaks to. */
export type Said<K extends keyof CommandsTo, T extends CommandsTo[K]['type']> = Omit<
  DataOf<CommandsTo[K], T>,
  `${K}Id`
>;
export type Touch = Said<'lead', 'RecordTouch'>;

/** The first instant of the demo's eighteen months, and the first one after them, in milliseconds. */
export const BEGIN = toMs('2023-01-01T00:00:00.000Z');
export const END = toMs('2024-07-01T00:00:00.000Z');

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = DAY_MS;

/** How long nothing happens, in milliseconds, at least a minute, so that what follows from a step is done before the next. */
const pause = (ms: number): number => Math.max(MINUTE, Math.round(ms / 1000) * 1000);

/** The same instant, or, outside Monday to Friday 8 to 17 o'clock UTC, one at the same minute in the next working hours. */
const atWork = (ms: number): number => {
  let at = ms;
  const hour = new Date(at).getUTCHours();
  if (hour < 8) at += (8 - hour) * HOUR;
  if (hour >= 17) at += (24 - hour + 8) * HOUR;
  while ([0, 6].includes(new Date(at).getUTCDay())) at += DAY;
  return at;
};

/** History as it is told: time only goes forward, and what would happen after the last day is left out. */
export interface Teller {
  readonly now: () => number;
  readonly over: () => boolean;
  /** Lets time pass, in milliseconds. */
  readonly wait: (ms: number) => void;
  /** Lets time pass and goes on in working hours. */
  readonly work: (ms: number) => void;
  readonly tell: <K extends keyof CommandsTo, T extends CommandsTo[K]['type']>(
    to: K,
    id: string,
    actor: string,
    type: T,
    data: Said<K, T>,
  ) => void;
}

/** @param steps what is told is added here, in the order of time */
export const teller = (steps: DemoStep[], start: number): Teller => {
  let now = Math.round(start / 1000) * 1000;
  return {
    now: () => now,
    over: () => now >= END,
    wait: (ms) => {
      now += pause(ms);
    },
    work: (ms) => {
      now = atWork(now + pause(ms));
    },
    tell: (to, id, actor, type, data) => {
      if (now < END) steps.push({ at: fromMs(now), actor, to, id, type, data: { [`${to}Id`]: id, ...data } });
    },
  };
};
