import { Refused, lookThrough, type Definition, type Instant, type NewEvent, type StoredEvent } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import type { FindDefinition } from '@baton/definitions';
import { copyMergedFacts, followMerges } from '../../libs/leads/policies/merges.policy';
import { leadDecider } from '../../libs/leads/write/lead/lead.decider';
import { ToLead, type LeadCommand, type LeadEvent } from '../../libs/leads/write/lead/lead.events';
import type { CapturedLead, Lead } from '../../libs/leads/write/lead/lead.model';

/** Leads and the policies of merging, in memory: all follow-up commands are done when a command returns. */
export const mergeWorld = (...definitions: readonly Definition[]) => {
  const log: StoredEvent<LeadEvent>[] = [];
  const states = new Map<string, Lead>();
  const definition = ((kind) => definitions.find((each) => each.kind === kind)) as FindDefinition;
  let sent = 0;
  const decide = (leadId: string, type: string, data: object, now: Instant): void => {
    const commandId = `c${sent++}`;
    const meta = { commandId, actor: 'connector:crm', origin: 'connector' } as const;
    const command = { type, data: { leadId, ...data }, meta } as unknown as LeadCommand;
    expect([type, leadDecider.commands.schemas.get(type)!.faultOf(command.data)]).toEqual([type, undefined]);
    let written = 0;
    const context = (at: Instant) => {
      const before = written;
      return {
        ...{ now: at, mode: 'live' as const, definition },
        idOf: (index: number) => `${leadId}.${commandId}.${before + index}`,
      };
    };
    const write = (facts: readonly NewEvent<LeadEvent>[], at: Instant, passed: boolean) => {
      for (const fact of facts) {
        const occurredAt = passed ? at : (fact.occurredAt ?? at);
        expect([fact.type, leadDecider.events.schemas.get(fact.type)!.faultOf(fact.data)]).toEqual([
          fact.type,
          undefined,
        ]);
        const event = { ...fact, id: `${leadId}.${commandId}.${written++}`, occurredAt };
        states.set(leadId, leadDecider.evolve(states.get(leadId) ?? leadDecider.initialState(), event));
        const stored = recorded<LeadEvent>(fact as LeadEvent, { id: event.id, occurredAt, stream: `lead-${leadId}` });
        log.push({ ...stored, position: String(log.length).padStart(6, '0') });
      }
    };
    const state = () => states.get(leadId) ?? leadDecider.initialState();
    for (let due = leadDecider.due(state()); due !== undefined && due <= now; due = leadDecider.due(state()))
      write(leadDecider.elapse(state(), context(due)), due, true);
    const facts = leadDecider.decide(state(), command, context(now));
    if (!(facts instanceof Refused)) write(facts, now, false);
  };
  let followed = 0;
  let reserved = 0;
  return {
    log,
    send: async (leadId: string, type: LeadCommand['type'], data: object, now: Instant) => {
      // Merges are normally reserved among all merges; here every merge is allowed.
      if (type === 'MergeLead') decide(leadId, 'RecordMerge', { ...data, mergeNumber: reserved++ }, now);
      else decide(leadId, type, data, now);
      for (; followed < log.length; followed++) {
        const event = log[followed]!;
        const look = async (stream: string) =>
          log.filter((each) => each.stream === stream && each.position <= event.position);
        for (const policy of [followMerges, copyMergedFacts])
          if (policy.types.includes(event.type))
            for (const { to, id, type: reaction, data: sent } of await policy.react(event, lookThrough(look)))
              if (to === ToLead) decide(id, reaction, sent, event.occurredAt);
      }
    },
    lead: (leadId: string) => states.get(leadId) as CapturedLead,
    types: (leadId: string) => log.filter(({ stream }) => stream === `lead-${leadId}`).map(({ type }) => type),
    definition,
  };
};
