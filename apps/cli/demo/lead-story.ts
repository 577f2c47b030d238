import { fromMs, toMs } from '@baton/kernel';
import { rejections, wantedFrom } from './agreements';
import { dealStory, type Prospect } from './deal-story';
import { askingTouch, channels, marketingTouch, salesTouch, type Channel } from './market';
import { companyOf, doubleOf, personOf, type Company, type Person } from './people';
import type { QueueQuestion, LeadStory } from './queues';
import { randomOf, type Random } from './random';
import {
  answerTime,
  authorities,
  budgets,
  competitors,
  conversations,
  needs,
  repNamed,
  timelines,
  type Rep,
} from './sales';
import {
  DAY,
  HOUR,
  MINUTE,
  storyWriter,
  type DemoStep,
  type Period,
  type StepOrder,
  type StoryWriter,
  type Touch,
} from './story';

/** Number of companies that the people of the demo work for. */
const COMPANIES = 1400;
/** One person in this many is captured twice; the first such merge turns out to be wrong and is undone. */
const DOUBLE_EVERY = 83;
const FIRST_DOUBLE = 17;
const ROUNDS = 3;

/** A request older than this no longer qualifies the lead, whatever the person does next. */
const FORGOTTEN = 31 * DAY;
/** Attempts that the SLA policy requires before sales may give up. */
const ENOUGH = { low: 8, high: 11 } as const;

const givesBack = new Set(['RejectLead', 'RecycleLead', 'LoseOpportunity']);

type Outcome = 'accepted' | 'sales-qualified' | 'converted' | 'rejected' | 'recycled' | 'disqualified' | 'waiting';
type LeadFate = Outcome | 'won' | 'lost';
const fate = (random: Random, odds: Partial<Record<Outcome, number>>): Outcome =>
  random.weighted(Object.entries(odds) as [Outcome, number][], ([, share]) => share)[0];

const laterChannel = (random: Random): Channel => random.weighted(channels, ({ later }) => later);

/**
 * The whole history of one person: first contact, visits before the name was known, nurture, qualification, handoff to
 * the rep that the queue chooses, sales, deals, returns to marketing. Some people have a duplicate that is merged
 * later. The person is made up when the story starts to run, not before.
 * @param steps receives the steps of the story
 * @param start of the first contact, in milliseconds
 * @param taken e-mail addresses in use; those of this story are added
 */
export function* leadStory(
  steps: DemoStep[],
  seed: number,
  index: number,
  start: number,
  taken: Set<string>,
  period: Period,
): LeadStory {
  const writer = new LeadStoryWriter(steps, seed, index, start, taken, period);
  writer.capture();
  yield* writer.lifecycle();
  if (index % DOUBLE_EVERY === FIRST_DOUBLE) writer.duplicate();
}

class LeadStoryWriter {
  private readonly random: Random;
  private readonly story: StoryWriter;
  private readonly leadId: string;
  private readonly channel: Channel;
  private readonly company: Company;
  private readonly person: Person;
  /** How likely the person is to buy; 1 is average. */
  private readonly interest: number;
  private readonly visitorId: string | undefined;
  private touches = 0;
  private reports = 0;
  private askedAt: number | undefined;

  constructor(
    private readonly steps: DemoStep[],
    private readonly seed: number,
    private readonly index: number,
    start: number,
    private readonly taken: Set<string>,
    private readonly period: Period,
  ) {
    const random = randomOf(seed, 'lead', index);
    this.random = random;
    this.story = storyWriter(steps, start, period);
    this.leadId = `demo-${String(index).padStart(5, '0')}`;
    this.channel = random.weighted(channels, (each) => each.first);
    this.company = companyOf(randomOf(seed, 'company', random.int(1, COMPANIES)));
    this.person = personOf(random, this.company, taken);
    this.interest = this.channel.appeal * this.person.appeal * random.skewed(1, 0.4);
    this.visitorId = random.chance(this.channel.tracked) ? `${this.leadId}-web` : undefined;
  }

  /** Visits of the anonymous person, the form with the name, and enrichment. */
  capture(): void {
    const { random, story, leadId, visitorId, period } = this;
    let lastChannel = this.channel;
    for (let left = visitorId ? random.int(1, 4) : 0; left > 0; left--) {
      const touch = marketingTouch(random, lastChannel, story.now(), period);
      story.add('visitor', visitorId!, 'web-site', 'RecordVisit', touch);
      story.wait(random.skewed(this.channel.gapDays * 0.8, 0.8) * DAY);
      if (random.chance(0.6)) lastChannel = laterChannel(random);
    }
    story.add('lead', leadId, 'web-site', 'CaptureLead', { ...this.person.profile, source: this.channel.name });
    this.touch('web-site', askingTouch(random, lastChannel, story.now(), period, false));
    story.wait(MINUTE);
    if (visitorId) story.add('visitor', visitorId, 'web-site', 'IdentifyVisitor', { leadId });
    if (random.chance(0.06)) {
      story.wait(3 * HOUR);
      const title = this.person.profile.title === 'Data Analyst' ? 'Head of Data' : 'Vice President';
      story.add('lead', leadId, 'enrichment', 'UpdateLead', { title });
    }
  }

  /** Nurture, and up to three rounds through sales. */
  *lifecycle(): LeadStory {
    const { random, story } = this;
    this.nurture(random.int(1, 4) + (this.interest > 1 ? random.int(0, 4) : 0));
    let deals = 0;
    let end: LeadFate = 'waiting';
    let qualifies = random.chance(Math.min(0.9, 0.38 * this.interest));
    for (let left = ROUNDS; left > 0 && qualifies && !story.over(); left--) {
      end = yield* this.round(deals + 1);
      if (end === 'won') this.nurture(random.int(0, 3));
      if (end === 'won' || end === 'lost') deals++;
      qualifies =
        ['rejected', 'recycled', 'lost'].includes(end) && random.chance(end === 'lost' ? 0.15 : 0.45) && left > 1;
      if (!qualifies) continue;
      this.rest();
      story.wait(random.skewed(40) * DAY);
      this.touch('marketing-automation', marketingTouch(random, laterChannel(random), story.now(), this.period));
      this.nurture(random.int(0, 2));
      qualifies = random.chance(0.6);
    }
    if (this.touches >= 12 || deals > 0 || end === 'disqualified') return;
    if (this.person.profile.title === 'Student' && random.chance(0.5)) {
      story.wait(random.int(1, 9) * DAY);
      story.add('lead', this.leadId, 'marketing-ops-lea', 'DisqualifyLead', { reason: 'student' });
    } else if (random.chance(0.3)) {
      this.rest();
      this.nurture(random.int(1, 4));
    }
  }

  /** A duplicate of the person under another address, merged when somebody notices; or a namesake, merged by mistake. */
  duplicate(): void {
    const { index, leadId, steps, company, person, taken, period } = this;
    const captured = steps.find(({ type }) => type === 'CaptureLead');
    if (!captured) return;
    const own = randomOf(this.seed, 'double', index); // the decision of sales does not change the person
    const mistaken = index === FIRST_DOUBLE;
    const doubleId = `${leadId}-d`;
    const noticed: DemoStep[] = [];
    const its = storyWriter(noticed, toMs(captured.at) + own.int(1, 30) * DAY, period);
    const channel = laterChannel(own);
    const profile = mistaken ? personOf(own, company, taken).profile : doubleOf(own, person, taken);
    const visit = () => {
      its.add('lead', doubleId, 'web-site', 'RecordTouch', marketingTouch(own, channel, its.now(), period));
      its.wait(own.skewed(3) * DAY);
    };
    its.add('lead', doubleId, 'web-site', 'CaptureLead', { ...profile, source: channel.name });
    for (let left = own.int(1, 4); left > 0; left--) visit();
    its.work(own.int(1, 25) * DAY);
    // Otherwise the duplicate's touches would qualify a lead that was returned before.
    if (steps.some(({ type, at }) => givesBack.has(type) && at <= fromMs(its.now()))) return;
    its.add('lead', leadId, 'revops-tilda', 'MergeLead', { mergedLeadId: doubleId });
    steps.push(...noticed.splice(0));
    if (!mistaken) return;
    its.work(own.int(3, 20) * DAY);
    its.add('lead', leadId, 'revops-tilda', 'UnmergeLead', { mergedLeadId: doubleId });
    its.wait(DAY);
    visit();
    steps.push(...noticed);
  }

  /** From marketing's qualification to the decision of sales. */
  private *round(dealNumber: number): Generator<QueueQuestion, LeadFate, string> {
    const { random, story, leadId, company, period } = this;
    // The definition in force decides when a lead qualifies: here, by a request for a call.
    if (story.now() >= period.begin + wantedFrom.day * DAY && company.employees < wantedFrom.employees)
      return 'waiting';
    if (story.over()) return 'waiting';
    this.askedAt = story.now();
    this.touch('web-site', askingTouch(random, laterChannel(random), this.askedAt, period, true), 'chooses');
    const rep = repNamed(yield { at: this.askedAt, leadId, what: 'choose', lead: this.person.profile });
    story.work(MINUTE);
    story.work(answerTime(random, rep));
    if (random.chance(0.05)) return 'waiting';
    this.callOn(rep, random.int(1, 3), 0.2);
    if (random.chance(0.3)) this.report(rep);
    const answer = fate(random, { accepted: 74, rejected: 15, recycled: 8, disqualified: 3 });
    yield* this.settle(rep, answer, 'no-answer');
    if (answer !== 'accepted') return answer;
    const next = fate(random, { 'sales-qualified': 64, recycled: 19, rejected: 9, disqualified: 2, waiting: 6 });
    const givesUp = next === 'recycled' || next === 'rejected';
    const enough = givesUp && random.chance(rep.persists);
    this.callOn(rep, enough ? random.int(ENOUGH.low, ENOUGH.high) : random.int(1, 5), 1.3, next === 'sales-qualified');
    if (random.chance(0.4)) this.nurture(1);
    if (random.chance(0.3)) this.report(rep);
    story.work(2 * HOUR);
    yield* this.settle(rep, next, 'no-timing');
    if (next !== 'sales-qualified') return next;
    story.work(random.skewed(2) * DAY);
    const end = fate(random, { converted: 88, recycled: 9, waiting: 3 });
    yield* this.settle(rep, end, 'no-budget');
    return end === 'converted' ? dealStory(this.prospect(), rep, `${leadId}-${dealNumber}`) : end;
  }

  /** Adds the decision of a rep; the reason for a return depends on how far the lead had come. */
  private *settle(rep: Rep, outcome: Outcome, backFor: string): Generator<QueueQuestion, void, string> {
    const { random, leadId, story } = this;
    const { add } = story;
    if (outcome === 'accepted') add('lead', leadId, rep.id, 'AcceptLead', {});
    if (outcome === 'sales-qualified') {
      const more = {
        ...(random.chance(0.7) && { budget: random.pick(budgets) }),
        ...(random.chance(0.6) && { authority: random.pick(authorities) }),
        ...(random.chance(0.6) && { timeline: random.pick(timelines) }),
      };
      const known = Object.keys(more).length > 0 ? more : { timeline: random.pick(timelines) };
      add('lead', leadId, rep.id, 'SalesQualifyLead', { need: random.pick(needs), ...known });
    }
    if (outcome === 'rejected') {
      const { code, notes, ...reason } = random.weighted(rejections, ({ share }) => share);
      const noted = notes.length > 0 && (code === 'other' || random.chance(0.4));
      const details = { reason: code, ...(noted && { note: random.pick<string>(notes) }) };
      const noFault = 'immediate' in reason && !story.over(); // the rep is not charged a turn
      add('lead', leadId, rep.id, 'RejectLead', details, noFault ? 'between' : undefined);
      if (noFault) yield { at: story.now(), leadId, what: 'return' };
    }
    if (outcome === 'recycled') {
      const later = random.chance(0.5) && { reengageAt: fromMs(story.now() + random.int(45, 120) * DAY) };
      add('lead', leadId, rep.id, 'RecycleLead', { reason: backFor, ...later });
    }
    if (outcome === 'disqualified')
      add('lead', leadId, rep.id, 'DisqualifyLead', { reason: random.pick(['competitor', 'supplier', 'spam']) });
  }

  private prospect(): Prospect {
    const { leadId, company, channel, random, period, story, steps, taken } = this;
    return {
      ...{ leadId, company, channel, random, period, story, steps, taken },
      contact: () => this.contact(),
      rest: () => this.rest(),
    };
  }

  private touch(actor: string, touch: Touch, turn?: StepOrder): void {
    this.touches++;
    this.story.add('lead', this.leadId, actor, 'RecordTouch', touch, turn);
  }

  private contact(): void {
    const { random, story, visitorId } = this;
    const touch = marketingTouch(random, laterChannel(random), story.now(), this.period);
    // The website identifies a browser; a click in an e-mail, a webinar or an event identifies the person.
    if (visitorId && touch.action === 'page-view' && random.chance(0.6))
      story.add('visitor', visitorId, 'web-site', 'RecordVisit', touch);
    else this.touch('marketing-automation', touch);
  }

  private nurture(times: number): void {
    for (let left = times; left > 0; left--) {
      this.story.wait(this.random.skewed(this.channel.gapDays, 0.8) * DAY);
      this.contact();
    }
  }

  private rest(): void {
    if (this.askedAt !== undefined) this.story.wait(this.askedAt + FORGOTTEN - this.story.now());
  }

  private callOn(rep: Rep, times: number, days: number, meets = false): void {
    const { random, story } = this;
    for (let left = times; left > 0; left--) {
      const action =
        meets && left === 1
          ? 'meeting'
          : random.pick(['call', 'call', 'e-mail', 'e-mail', 'linkedin-message'] as const);
      this.touch(rep.id, salesTouch(random, action));
      story.work(random.skewed(days, 0.5) * DAY);
    }
  }

  /** What the rep heard and reports to marketing. */
  private report(rep: Rep): void {
    const { random, story, leadId } = this;
    story.wait(10 * MINUTE);
    const topic = random.pick(['questions', 'messages', 'content'] as const);
    story.add('feedback', `${leadId}-f${++this.reports}`, rep.id, 'GiveFeedback', {
      leadId,
      ...(topic === 'questions' && { questions: [random.pick(conversations.questions)] }),
      ...(topic === 'messages' && { messages: [random.pick(conversations.messages)] }),
      ...(topic === 'content' && { content: [random.pick(conversations.content)] }),
      ...(random.chance(0.6) && { objections: [random.pick(conversations.objections)] }),
      ...(random.chance(0.3) && { competitors: [random.pick(competitors)] }),
      ...(random.chance(0.2) && { note: random.pick(conversations.notes) }),
    });
  }
}
