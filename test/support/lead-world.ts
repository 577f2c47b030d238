import {
  catalogueOf,
  DecisionContext,
  fromMs,
  handle,
  toMs,
  type Definition,
  type Instant,
  type Json,
  type StoredEvent,
} from '@baton/kernel';
import { FixedClock } from '@baton/kernel/testing';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import type { Obligation } from '@baton/definitions';
import { firstResponse } from '../../libs/sla-clocks/ready-made.rules';
import { leadDecider } from '../../libs/leads/write/lead/lead.decider';
import { leadEvents, type LeadCommand, type LeadEvent } from '../../libs/leads/write/lead/lead.events';
import type { Lead } from '../../libs/leads/write/lead/lead.model';

const zero = toMs('2024-01-17T10:00:00.000Z'); // a Wednesday
export const minute = (after: number): Instant => fromMs(zero + after * 60_000);
/** Minutes from the beginning of the story. */
export const after = (at: Instant): number => Math.floor((toMs(at) - zero) / 60_000);
export const HOUR = 60;
export const DAY = 24 * HOUR;

/** Versions of a kind with the minute from which each is in force. */
export type Agreed = Readonly<Record<string, readonly (readonly [from: number, body: unknown])[]>>;
const definitionsOf =
  (agreed: Agreed) =>
  (kind: string, at: Instant | number): Definition | undefined => {
    const versions = agreed[kind] ?? [];
    const number = typeof at === 'number' ? at : versions.findLastIndex(([from]) => minute(from) <= at) + 1;
    const found = versions[number - 1];
    return found && { kind, version: number, ref: `${kind}@${number}`, body: found[1] as Json };
  };
export const always = -1e6;
const people: Agreed = { mql: [[always, {}]], sql: [[always, {}]] };

export type Told = StoredEvent<Extract<LeadEvent, { type: `Obligation${string}` }>>;
export const isTold = (event: StoredEvent<LeadEvent>): event is Told => event.type.startsWith('Obligation');
/** The recorded clock events, one line each: when, what, of which kind, and how. */
const line = ({ type, data, occurredAt }: Told): string => {
  const words = [after(occurredAt), type.slice('Obligation'.length).toLowerCase(), data.kind];
  if ('moments' in data && 'definition' in data) words.push(`due ${after(data.dueAt)}`, data.definition);
  if ('notify' in data) words.push(data.notify);
  if ('cause' in data) words.push(data.cause);
  if ('late' in data) words.push(data.late ? 'late' : 'in time');
  if ('recordedLate' in data) words.push('told late');
  if (type === 'ObligationResumed') words.push(`due ${after(data.dueAt)}`);
  return words.join(' ');
};

const open: EmbeddedEventLog[] = [];
afterEach(() => open.splice(0).forEach((log) => void log.close()));
/** One lead, from the capture on, with the handlers used in production. */
export const world = (agreed: Agreed) => {
  const clock = new FixedClock(minute(0));
  const log = EmbeddedEventLog.open(':memory:', clock);
  open.push(log);
  const journal = new SealedJournal(log, catalogueOf([leadEvents]), new MemoryKeyStore());
  // All of the story is in the past for the decider.
  const fresh = () =>
    new DecisionContext(new FixedClock(minute(365 * DAY)), {
      forKinds: async () => definitionsOf({ ...people, ...agreed }),
    });
  let context = fresh();
  let sent = 0;
  const events = async (leadId = 'ada') => (await journal.read(`lead-${leadId}`)) as readonly StoredEvent<LeadEvent>[];
  const send = (type: LeadCommand['type'], at: number, data: object = {}, mode: 'live' | 'backfill' = 'live') => {
    // Decisions of another system are sent by its connector.
    const sender =
      'external' in data
        ? { actor: `connector:${String(data.external)}`, origin: 'connector' }
        : { actor: 'rita', origin: 'person' };
    const meta = { commandId: `command-${sent++}`, ...sender, occurredAt: minute(at), mode };
    return handle(
      journal,
      leadDecider,
      'ada',
      { type, data: { leadId: 'ada', ...data }, meta } as LeadCommand,
      context,
    );
  };
  return {
    events,
    send,
    told: async () => (await events()).filter(isTold).map(line),
    state: () => context.streams.get('lead-ada')!.state as Lead,
    restart: () => void (context = fresh()),
    handedOff: async (at = 0) => {
      if (at === 0) await send('CaptureLead', -10, { source: 'web' });
      await send('QualifyLead', at - 1);
      return send('HandOffLead', at, { rep: 'rita' });
    },
    call: (at: number, action = 'call') => send('RecordTouch', at, { team: 'sales', direction: 'outbound', action }),
  };
};
export const owing = (...owed: Obligation[]): Agreed => ({ 'sla-policy': [[always, { obligations: owed }]] });

/** Warn, notify of the breach, and notify again a day later. */
export const escalation: Obligation['escalation'] = [
  { percent: 80, notify: 'rep' },
  { afterBreach: 'PT0S', notify: 'manager' },
  { afterBreach: 'PT24H', notify: 'handoff-owner' },
];
/** A first response within an hour. */
export const hour = firstResponse({ budget: 'PT1H', clock: 'wall-clock', escalation, immediate: ['duplicate'] });
