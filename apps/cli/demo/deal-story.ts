import { fromMs, type Day, type Money } from '@baton/kernel';
import type { OpportunityCommand } from '@baton/opportunities';
import { losses } from './agreements';
import { marketingTouch, salesTouch, type Channel } from './market';
import { personOf, type Company } from './people';
import type { Random } from './random';
import {
  competitors,
  contactRoles,
  conversations,
  dealStages,
  productFor,
  repFor,
  support,
  type Product,
  type Rep,
} from './sales';
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
export const dealStory = (prospect: Prospect, rep: Rep, opportunityId: string): DealOutcome =>
  new DealStoryWriter(prospect, rep, opportunityId).run();

class DealStoryWriter {
  private readonly product: Product;
  private readonly days: number;
  private owner: Rep;
  private amount: Money;
  private closeOn: Day;
  private colleagueId: string | undefined;
  private offered: number | undefined;
  private reports = 0;

  constructor(
    private readonly prospect: Prospect,
    private readonly rep: Rep,
    private readonly opportunityId: string,
  ) {
    const { random, company, story } = prospect;
    this.owner = rep;
    this.product = productFor(random, company);
    this.days = random.skewed(this.product.days, 0.4);
    this.amount = usd(random.skewed(this.product.cents, 0.45));
    this.closeOn = dayOf(story.now() + this.product.days * 1.2 * DAY);
  }

  run(): DealOutcome {
    const { random, story, channel, rest } = this.prospect;
    this.open();
    const wins = random.chance(this.product.odds * this.rep.skill * Math.sqrt(channel.appeal));
    const lastOpenStage = wins ? lastStage : random.weighted([0, 1, 2, 3], (stage) => [2, 3, 4, 3][stage]!);
    for (let stage = 0; stage <= lastOpenStage; stage++) this.workStage(stage);
    this.close(wins);
    story.wait(HOUR);
    if (this.colleagueId && random.chance(0.06)) this.add('RemoveContactRole', { leadId: this.colleagueId });

    if (random.chance(wins ? 0.02 : 0.06)) {
      rest();
      story.work(random.int(10, 40) * DAY);
      const reason = wins ? 'They cancelled the order in time.' : 'They have the money after all.';
      this.add('ReopenOpportunity', { stage: dealStages[lastStage], reason });
      story.work(random.int(1, 6) * DAY);
      this.talk();
      story.work(random.int(3, 15) * DAY);
      const winsAfterAll = !wins && random.chance(0.5);
      this.close(winsAfterAll);
      story.wait(HOUR);
      return winsAfterAll ? 'won' : 'lost';
    }
    if (wins && random.chance(0.05)) {
      story.work(random.int(10, 30) * DAY);
      this.reprice(1.1 + 0.2 * random.next()); // more seats than ordered
    }
    return wins ? 'won' : 'lost';
  }

  private open(): void {
    const { leadId, company, channel, random, story } = this.prospect;
    this.add('OpenOpportunity', {
      stage: dealStages[0],
      name: `${company.name}: ${this.product.name}`,
      account: company.name,
      product: this.product.name,
      owner: this.owner.id,
      source: channel.name,
      amount: this.amount,
      expectedCloseOn: this.closeOn,
    });
    story.wait(MINUTE);
    story.add('lead', leadId, this.owner.id, 'ConvertLead', { opportunityId: this.opportunityId });
    story.wait(20 * MINUTE);
    if (random.chance(0.8)) this.add('AddContactRole', { leadId, role: 'decision-maker' });
  }

  private workStage(stage: number): void {
    const { prospect, opportunityId } = this;
    const { random, story } = prospect;
    if (stage > 0) this.moveTo(stage);
    if (stage === 2) this.propose();
    if (stage === 2 && random.chance(0.35)) supportSteps(prospect, this.owner.id, opportunityId);
    const talks = random.int(1, 2);
    for (let n = 0; n < talks; n++) {
      story.work((this.days * stageShares[stage]! * DAY) / (talks + 1));
      this.talk();
      if (!random.chance(0.5)) continue;
      story.wait(random.skewed(8) * HOUR);
      prospect.contact();
    }
    if (stage === 1 && random.chance(0.5)) this.colleagueId = colleague(prospect, this.owner, opportunityId);
    if (random.chance(stage === lastStage ? 0.5 : 0.25))
      this.reprice((stage === lastStage ? 0.75 : 0.8) + 0.4 * random.next());
    if (random.chance(0.35)) this.postpone();
    if (random.chance(0.04)) {
      const next = repFor(random);
      if (next !== this.owner) this.add('AssignOpportunity', { to: next.id });
      this.owner = next;
    }
    if (stage === lastStage && random.chance(0.6)) this.propose();
    if (stage === 2 && random.chance(0.08)) {
      story.work(DAY);
      this.moveTo(1); // one more demonstration
      story.work(4 * DAY);
      this.talk();
      story.wait(HOUR);
      this.moveTo(2);
    }
    story.work((this.days * stageShares[stage]! * DAY) / (talks + 1));
  }

  private close(wins: boolean): void {
    if (wins) return this.add('WinOpportunity', { amount: this.amount });
    const { leadId, random, story } = this.prospect;
    const reason = random.weighted(losses, ({ share }) => share).code;
    const competitor = reason === 'competitor' || random.chance(0.15) ? random.pick(competitors) : undefined;
    this.add('LoseOpportunity', { reason, ...(competitor && { competitor }) });
    if (!random.chance(0.6)) return;
    story.wait(20 * MINUTE);
    const { opportunityId } = this;
    story.add('feedback', `${opportunityId}-f${++this.reports}`, this.owner.id, 'GiveFeedback', {
      ...{ leadId, opportunityId, objections: [reason], messages: [random.pick(conversations.messages)] },
      ...(competitor && { competitors: [competitor] }),
      ...(random.chance(0.5) && { content: [random.pick(conversations.content)] }),
    });
    const text = `Said on the phone why it was not us: ${reason}. Call again next year.`;
    story.add('note', `${opportunityId}-n${this.reports}`, this.owner.id, 'AddNote', { leadId, opportunityId, text });
  }

  private add<T extends OpportunityCommand['type']>(type: T, data: StepData<'opportunity', T>): void {
    this.prospect.story.add<'opportunity', T>('opportunity', this.opportunityId, this.owner.id, type, data);
  }

  private talk(): void {
    const { random, story, leadId } = this.prospect;
    const action = random.weighted(
      ['meeting', 'call', 'e-mail'] as const,
      (each) => ({ meeting: 3, call: 3, 'e-mail': 4 })[each],
    );
    const who = this.colleagueId && random.chance(0.35) ? this.colleagueId : leadId;
    story.add('lead', who, this.owner.id, 'RecordTouch', salesTouch(random, action));
  }

  private reprice(factor: number): void {
    const next = usd(this.amount.minor * factor);
    if (next.minor === this.amount.minor) return;
    this.amount = next;
    this.add('ChangeOpportunityAmount', { to: next });
    this.prospect.story.wait(2 * MINUTE);
  }

  private postpone(): void {
    const { random, story } = this.prospect;
    const next = dayOf(story.now() + random.int(10, 45) * DAY);
    if (next === this.closeOn) return;
    this.closeOn = next;
    this.add('ChangeOpportunityCloseDate', { to: next });
  }

  private moveTo(stage: number): void {
    this.add('MoveOpportunityStage', { to: dealStages[stage]! });
    this.prospect.story.wait(5 * MINUTE);
  }

  private propose(): void {
    if (this.offered === this.amount.minor) return;
    this.offered = this.amount.minor;
    this.add('SendProposal', { amount: this.amount });
    this.prospect.story.wait(10 * MINUTE);
  }
}

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
