import { fromMs, type Day, type Money } from '@baton/kernel';
import type { OpportunityCommand } from '@baton/opportunities';
import { losses } from './agreements';
import { marketingTouch, salesTouch, type Channel } from './market';
import { personOf, type Company } from './people';
import type { Random } from './random';
import { competitors, contactRoles, dealStages, conversations, productFor, repFor, support, type Rep } from './sales';
import {
  DAY,
  HOUR,
  MINUTE,
  storyWriter,
  type DemoStep,
  type Period,
  type StepData,
  type StoryWriter,
  type Touch,
} from './story';

/** A person whom both teams work on, and the state of its history. */
export interface Prospect {
  readonly leadId: string;
  readonly company: Company;
  readonly channel: Channel;
  readonly random: Random;
  readonly period: Period;
  readonly story: StoryWriter;
  readonly steps: DemoStep[];
  /** E-mail addresses in use. */
  readonly taken: Set<string>;
  /** Adds a contact of the person with marketing, by a channel that the story chooses. */
  readonly contact: () => void;
  /** Moves time on until the person's request for a call no longer qualifies it. */
  readonly rest: () => void;
}
export type DealOutcome = 'won' | 'lost';

/** Share of the deal's duration spent in each stage. */
const stageShares = [0.2, 0.25, 0.3, 0.25];
const lastStage = dealStages.length - 1;
const usd = (cents: number): Money => ({ minor: Math.max(1, Math.round(cents / 10_000)) * 10_000, currency: 'USD' });
const dayOf = (ms: number): Day => fromMs(ms).slice(0, 10);

/** Converts a sales-qualified lead into a deal and follows it to its close, or to the end of the demo. */
export const dealStory = (prospect: Prospect, rep: Rep, opportunityId: string): DealOutcome => {
  const { leadId, company, channel, random, story } = prospect;
  const product = productFor(random, company);
  const days = random.skewed(product.days, 0.4);
  let owner: Rep = rep;
  let amount = usd(random.skewed(product.cents, 0.45));
  let closeOn = dayOf(story.now() + product.days * 1.2 * DAY);
  let colleagueId: string | undefined;
  const add = <T extends OpportunityCommand['type']>(type: T, data: StepData<'opportunity', T>) =>
    story.add<'opportunity', T>('opportunity', opportunityId, owner.id, type, data);

  const talk = () => {
    const action = random.weighted(
      ['meeting', 'call', 'e-mail'] as const,
      (each) => ({ meeting: 3, call: 3, 'e-mail': 4 })[each],
    );
    const who = colleagueId && random.chance(0.35) ? colleagueId : leadId;
    story.add('lead', who, owner.id, 'RecordTouch', salesTouch(random, action));
  };
  const reprice = (factor: number) => {
    const next = usd(amount.minor * factor);
    if (next.minor === amount.minor) return;
    amount = next;
    add('ChangeOpportunityAmount', { to: amount });
    story.wait(2 * MINUTE);
  };
  const postpone = () => {
    const next = dayOf(story.now() + random.int(10, 45) * DAY);
    if (next === closeOn) return;
    closeOn = next;
    add('ChangeOpportunityCloseDate', { to: closeOn });
  };
  const moveTo = (stage: number) => {
    add('MoveOpportunityStage', { to: dealStages[stage]! });
    story.wait(5 * MINUTE);
  };
  let offered: number | undefined;
  const propose = () => {
    if (offered === amount.minor) return;
    offered = amount.minor;
    add('SendProposal', { amount });
    story.wait(10 * MINUTE);
  };

  add('OpenOpportunity', {
    stage: dealStages[0],
    name: `${company.name}: ${product.name}`,
    account: company.name,
    product: product.name,
    owner: owner.id,
    source: channel.name,
    amount,
    expectedCloseOn: closeOn,
  });
  story.wait(MINUTE);
  story.add('lead', leadId, owner.id, 'ConvertLead', { opportunityId });
  story.wait(20 * MINUTE);
  if (random.chance(0.8)) add('AddContactRole', { leadId, role: 'decision-maker' });

  const wins = random.chance(product.odds * rep.skill * Math.sqrt(channel.appeal));
  const ends = wins ? lastStage : random.weighted([0, 1, 2, 3], (stage) => [2, 3, 4, 3][stage]!);
  for (let stage = 0; stage <= ends; stage++) {
    if (stage > 0) moveTo(stage);
    if (stage === 2) propose();
    if (stage === 2 && random.chance(0.35)) supportSteps(prospect, owner.id, opportunityId);
    const talks = random.int(1, 2);
    for (let n = 0; n < talks; n++) {
      story.work((days * stageShares[stage]! * DAY) / (talks + 1));
      talk();
      if (!random.chance(0.5)) continue;
      story.wait(random.skewed(8) * HOUR);
      prospect.contact();
    }
    if (stage === 1 && random.chance(0.5)) colleagueId = colleague(prospect, owner, opportunityId);
    if (random.chance(stage === lastStage ? 0.5 : 0.25))
      reprice((stage === lastStage ? 0.75 : 0.8) + 0.4 * random.next());
    if (random.chance(0.35)) postpone();
    if (random.chance(0.04)) {
      const next = repFor(random);
      if (next !== owner) add('AssignOpportunity', { to: next.id });
      owner = next;
    }
    if (stage === lastStage && random.chance(0.6)) propose();
    if (stage === 2 && random.chance(0.08)) {
      story.work(DAY);
      moveTo(1); // one more demonstration
      story.work(4 * DAY);
      talk();
      story.wait(HOUR);
      moveTo(2);
    }
    story.work((days * stageShares[stage]! * DAY) / (talks + 1));
  }

  let reports = 0;
  const lose = () => {
    const reason = random.weighted(losses, ({ share }) => share).code;
    const competitor = reason === 'competitor' || random.chance(0.15) ? random.pick(competitors) : undefined;
    add('LoseOpportunity', { reason, ...(competitor && { competitor }) });
    if (!random.chance(0.6)) return;
    story.wait(20 * MINUTE);
    story.add('feedback', `${opportunityId}-f${++reports}`, owner.id, 'GiveFeedback', {
      ...{ leadId, opportunityId, objections: [reason], messages: [random.pick(conversations.messages)] },
      ...(competitor && { competitors: [competitor] }),
      ...(random.chance(0.5) && { content: [random.pick(conversations.content)] }),
    });
  };
  const win = () => add('WinOpportunity', { amount });
  if (wins) win();
  else lose();
  story.wait(HOUR);
  if (colleagueId && random.chance(0.06)) add('RemoveContactRole', { leadId: colleagueId });

  if (random.chance(wins ? 0.02 : 0.06)) {
    prospect.rest();
    story.work(random.int(10, 40) * DAY);
    const reason = wins ? 'They cancelled the order in time.' : 'They have the money after all.';
    add('ReopenOpportunity', { stage: dealStages[lastStage], reason });
    story.work(random.int(1, 6) * DAY);
    talk();
    story.work(random.int(3, 15) * DAY);
    const comesBack = !wins && random.chance(0.5);
    if (comesBack) win();
    else lose();
    story.wait(HOUR);
    return comesBack ? 'won' : 'lost';
  }
  if (wins && random.chance(0.05)) {
    story.work(random.int(10, 30) * DAY);
    reprice(1.1 + 0.2 * random.next()); // more seats than ordered
  }
  return wins ? 'won' : 'lost';
};

/** A second person on the deal: already known to marketing, or found by the rep. */
const colleague = (
  { leadId, company, channel, random, period, story, steps, taken }: Prospect,
  rep: Rep,
  opportunityId: string,
) => {
  const colleagueId = `${leadId}-c`;
  const role = { leadId: colleagueId, role: random.pick(contactRoles) };
  if (!steps.some(({ id }) => id === colleagueId)) {
    const { profile } = personOf(random, company, taken);
    if (random.chance(0.5)) {
      const known = storyWriter(steps, Math.max(period.begin + DAY, story.now() - random.int(8, 50) * DAY), period);
      known.add('lead', colleagueId, 'web-site', 'CaptureLead', { ...profile, source: channel.name });
      for (let left = random.int(1, 3); left > 0 && known.now() < story.now() - 2 * DAY; left--) {
        const touch: Touch = marketingTouch(random, channel, known.now(), period);
        known.add('lead', colleagueId, 'web-site', 'RecordTouch', touch);
        known.wait(random.skewed(1.5) * DAY);
      }
    } else {
      story.wait(30 * MINUTE);
      story.add('lead', colleagueId, rep.id, 'CaptureLead', { ...profile, source: 'outbound sales', owner: rep.id });
    }
  }
  story.wait(10 * MINUTE);
  story.add('opportunity', opportunityId, rep.id, 'AddContactRole', role);
  story.wait(10 * MINUTE);
  return colleagueId;
};

/** Support requests of sales to marketing for the deal, and their results. */
const supportSteps = ({ leadId, random, period, steps, story }: Prospect, rep: string, opportunityId: string): void => {
  const supportId = `${opportunityId}-s`;
  const { kind, need, delivered } = random.pick(support);
  const its = storyWriter(steps, story.now(), period);
  const neededBy = random.chance(0.5) && { neededBy: dayOf(its.now() + random.int(5, 20) * DAY) };
  its.work(random.int(1, 8) * HOUR);
  its.add('support', supportId, rep, 'RequestSupport', { opportunityId, leadId, kind, need, ...neededBy });
  its.work(random.skewed(10, 0.8) * HOUR);
  if (random.chance(0.1)) return; // nobody accepted the request
  its.add('support', supportId, 'content-mara', 'TakeSupportRequest', {});
  its.work(random.skewed(4, 0.6) * DAY);
  const lapsed = random.chance(0.12);
  if (!lapsed) its.add('support', supportId, 'content-mara', 'DeliverSupport', { delivered });
  if (!lapsed && random.chance(0.25)) return; // no result was reported
  its.work(random.int(1, 5) * DAY);
  const result = lapsed ? { reason: 'They found what they needed.' } : {};
  its.add('support', supportId, rep, 'CloseSupportRequest', result);
};
