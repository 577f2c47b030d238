import { fromMs, toMs } from '@baton/kernel';
import { rejections, wantedFrom } from './agreements';
import { dealStory, type Prospect } from './deal-story';
import { askingTouch, channels, marketingTouch, salesTouch, type Channel } from './market';
import { companyOf, doubleOf, personOf } from './people';
import { randomOf, type Random } from './random';
import { answerTime, authorities, budgets, needs, repFor, timelines, type Rep } from './sales';
import { BEGIN, DAY, HOUR, MINUTE, teller, type DemoStep, type Touch } from './story';

/** As many companies as the demo's people work for. */
const COMPANIES = 1400;
/** Every so many people are captured twice; the first such case turns out to be another person after all. */
const DOUBLE_EVERY = 83;
const FIRST_DOUBLE = 17;
const ROUNDS = 3;

type Outcome = 'accepted' | 'sales-qualified' | 'converted' | 'rejected' | 'recycled' | 'disqualified' | 'waiting';
const fate = (random: Random, odds: Partial<Record<Outcome, number>>): Outcome =>
  random.weighted(Object.entries(odds) as [Outcome, number][], ([, share]) => share)[0];

const laterChannel = (random: Random): Channel => random.weighted(channels, ({ later }) => later);

/**
 * The whole history of one person: first contact, visits before the name was known, nurture, qualification, handoff,
 * sales, deals, ways back. A part of the people has a double that is merged later.
 * @param start of the first contact, in milliseconds
 * @param taken e-mail addresses in use; those of this history are added
 */
export const leadSteps = (seed: number, index: number, start: number, taken: Set<string>): DemoStep[] => {
  const steps: DemoStep[] = [];
  const random = randomOf(seed, 'lead', index);
  const story = teller(steps, start);
  const leadId = `demo-${String(index).padStart(5, '0')}`;
  const first = random.weighted(channels, (each) => each.first);
  const company = companyOf(randomOf(seed, 'company', random.int(1, COMPANIES)));
  const person = personOf(random, company, taken);
  const interest = first.appeal * person.appeal * random.skewed(1, 0.4);
  const visitorId = random.chance(first.tracked) ? `${leadId}-web` : undefined;
  let touches = 0;

  const touched = (actor: string, touch: Touch) => {
    touches++;
    story.tell('lead', leadId, actor, 'RecordTouch', touch);
  };
  const contact = () => {
    const touch = marketingTouch(random, laterChannel(random), story.now());
    // The web site knows the browser; a click in an e-mail, a webinar or an event knows the person.
    if (visitorId && touch.action === 'page-view' && random.chance(0.6))
      story.tell('visitor', visitorId, 'web-site', 'RecordVisit', touch);
    else touched('marketing-automation', touch);
  };
  const prospect: Prospect = { leadId, company, channel: first, random, story, steps, taken, contact };
  const nurture = (times: number) => {
    for (let left = times; left > 0; left--) {
      story.wait(random.skewed(first.gapDays, 0.8) * DAY);
      contact();
    }
  };
  const callOn = (rep: Rep, times: number, meets: boolean) => {
    for (let left = times; left > 0; left--) {
      const action =
        meets && left === 1
          ? 'meeting'
          : random.pick(['call', 'call', 'e-mail', 'e-mail', 'linkedin-message'] as const);
      touched(rep.id, salesTouch(random, action));
      story.work(random.skewed(1.3, 0.6) * DAY);
    }
  };

  let asked = first;
  for (let left = visitorId ? random.int(1, 4) : 0; left > 0; left--) {
    story.tell('visitor', visitorId!, 'web-site', 'RecordVisit', marketingTouch(random, asked, story.now()));
    story.wait(random.skewed(first.gapDays * 0.8, 0.8) * DAY);
    if (random.chance(0.6)) asked = laterChannel(random);
  }
  story.tell('lead', leadId, 'web-site', 'CaptureLead', { ...person.profile, source: first.name });
  touched('web-site', askingTouch(random, asked, story.now(), false));
  story.wait(MINUTE);
  if (visitorId) story.tell('visitor', visitorId, 'web-site', 'IdentifyVisitor', { leadId });
  if (random.chance(0.06)) {
    story.wait(3 * HOUR);
    const title = person.profile.title === 'Data Analyst' ? 'Head of Data' : 'Vice President';
    story.tell('lead', leadId, 'enrichment', 'ChangeLeadProfile', { title });
  }

  /** From marketing's qualification to whatever sales makes of it. */
  const round = (dealNumber: number): Outcome | 'won' | 'lost' => {
    // What both teams agreed on decides when a lead is qualified: here, by asking to be called.
    if (story.now() >= BEGIN + wantedFrom.day * DAY && company.employees < wantedFrom.employees) return 'waiting';
    touched('web-site', askingTouch(random, laterChannel(random), story.now(), true));
    story.wait(MINUTE);
    if (random.chance(0.02)) return 'waiting';
    story.wait(random.int(1, 25) * MINUTE);
    const rep = repFor(random);
    const respondBy = fromMs(story.now() + DAY);
    story.tell('lead', leadId, 'marketing-ops-lea', 'HandOffLead', { rep: rep.id, respondBy });
    story.work(answerTime(random, rep));
    if (random.chance(0.03)) return 'waiting';
    callOn(rep, random.int(1, 3), false);
    const answered = settle(
      rep,
      fate(random, { accepted: 74, rejected: 15, recycled: 8, disqualified: 3 }),
      'no-answer',
    );
    if (answered !== 'accepted') return answered;
    callOn(rep, random.int(1, 5), true);
    if (random.chance(0.4)) nurture(1);
    story.work(2 * HOUR);
    const odds = { 'sales-qualified': 64, recycled: 19, rejected: 9, disqualified: 2, waiting: 6 };
    const qualified = settle(rep, fate(random, odds), 'no-timing');
    if (qualified !== 'sales-qualified') return qualified;
    story.work(random.skewed(2) * DAY);
    const converted = settle(rep, fate(random, { converted: 88, recycled: 9, waiting: 3 }), 'no-budget');
    return converted === 'converted' ? dealStory(prospect, rep, `${leadId}-${dealNumber}`) : converted;
  };

  /** Tells what a rep decided; why a lead goes back depends on how far it had come. */
  const settle = (rep: Rep, outcome: Outcome, backFor: string): Outcome => {
    const tell = story.tell;
    if (outcome === 'accepted') tell('lead', leadId, rep.id, 'AcceptLead', {});
    if (outcome === 'sales-qualified') {
      const more = {
        ...(random.chance(0.7) && { budget: random.pick(budgets) }),
        ...(random.chance(0.6) && { authority: random.pick(authorities) }),
        ...(random.chance(0.6) && { timeline: random.pick(timelines) }),
      };
      const known = Object.keys(more).length > 0 ? more : { timeline: random.pick(timelines) };
      tell('lead', leadId, rep.id, 'SalesQualifyLead', { need: random.pick(needs), ...known });
    }
    if (outcome === 'rejected') {
      const { code, notes } = random.weighted(rejections, ({ share }) => share);
      const noted = notes.length > 0 && (code === 'other' || random.chance(0.4));
      tell('lead', leadId, rep.id, 'RejectLead', { reason: code, ...(noted && { note: random.pick<string>(notes) }) });
    }
    if (outcome === 'recycled') {
      const later = random.chance(0.5) && { reengageAt: fromMs(story.now() + random.int(45, 120) * DAY) };
      tell('lead', leadId, rep.id, 'RecycleLead', { reason: backFor, ...later });
    }
    if (outcome === 'disqualified')
      tell('lead', leadId, rep.id, 'DisqualifyLead', { reason: random.pick(['competitor', 'supplier', 'spam']) });
    return outcome;
  };

  nurture(random.int(1, 4) + (interest > 1 ? random.int(0, 4) : 0));
  let deals = 0;
  let end: Outcome | 'won' | 'lost' = 'waiting';
  let qualifies = random.chance(Math.min(0.9, 0.33 * interest));
  for (let left = ROUNDS; left > 0 && qualifies && !story.over(); left--) {
    end = round(deals + 1);
    if (end === 'won') nurture(random.int(0, 3));
    if (end === 'won' || end === 'lost') deals++;
    qualifies =
      ['rejected', 'recycled', 'lost'].includes(end) && random.chance(end === 'lost' ? 0.15 : 0.45) && left > 1;
    if (!qualifies) continue;
    story.wait(random.skewed(55) * DAY);
    touched('marketing-automation', marketingTouch(random, laterChannel(random), story.now()));
    nurture(random.int(0, 2));
    qualifies = random.chance(0.6);
  }
  if (touches < 12 && deals === 0 && end !== 'disqualified') {
    if (person.profile.title === 'Student' && random.chance(0.5)) {
      story.wait(random.int(1, 9) * DAY);
      story.tell('lead', leadId, 'marketing-ops-lea', 'DisqualifyLead', { reason: 'student' });
    } else if (random.chance(0.3)) nurture(random.int(1, 4));
  }
  if (index % DOUBLE_EVERY === FIRST_DOUBLE) double();
  return steps;

  /** The person once more under another address, merged when somebody notices; or a namesake, merged by mistake. */
  function double(): void {
    const captured = steps.find(({ type }) => type === 'CaptureLead');
    if (!captured) return;
    const mistaken = index === FIRST_DOUBLE;
    const doubleId = `${leadId}-d`;
    const its = teller(steps, toMs(captured.at) + random.int(1, 30) * DAY);
    const channel = laterChannel(random);
    const profile = mistaken ? personOf(random, company, taken).profile : doubleOf(random, person, taken);
    const visit = () => {
      its.tell('lead', doubleId, 'web-site', 'RecordTouch', marketingTouch(random, channel, its.now()));
      its.wait(random.skewed(3) * DAY);
    };
    its.tell('lead', doubleId, 'web-site', 'CaptureLead', { ...profile, source: channel.name });
    for (let left = random.int(1, 4); left > 0; left--) visit();
    its.work(random.int(1, 25) * DAY);
    its.tell('lead', leadId, 'revops-tilda', 'MergeLead', { mergedLeadId: doubleId });
    if (!mistaken) return;
    its.work(random.int(3, 20) * DAY);
    its.tell('lead', leadId, 'revops-tilda', 'UnmergeLead', { mergedLeadId: doubleId });
    its.wait(DAY);
    visit();
  }
};
