import type { Day } from '@baton/kernel';
import { agreementSteps } from './agreements';
import { leadStory } from './lead-story';
import { assetSteps, campaignSteps, channels, demandOn, marketingTouch } from './market';
import { directorySteps } from './directory';
import { queueSteps, runStories } from './queues';
import { randomOf, type Random } from './random';
import { reviewSteps } from './reviews';
import { DAY, HOUR, MINUTE, periodBefore, storyWriter, type DemoStep, type Period } from './story';

/** A step with its story: steps of one story depend on each other, stories are independent. */
export interface CompanyStep extends DemoStep {
  readonly story: string;
}
const inStory = (story: string, steps: readonly DemoStep[]): CompanyStep[] => steps.map((step) => ({ ...step, story }));

/** At scale 1: people who find the company themselves (colleagues and duplicates are added), and anonymous visitors. */
const PEOPLE = 2300;
const PASSERS_BY = 600;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** Start of the nth of `count` stories: spread over the eighteen months by demand, at every scale. */
const arrivals = (period: Period): ((n: number, random: Random) => number) => {
  const firstDay = period.begin + DAY; // both teams agree on the first day; the first people come on the second
  const upTo: number[] = [];
  let sum = 0;
  for (let day = firstDay; day < period.end; day += DAY) upTo.push((sum += demandOn(day, period)));
  return (n, random) => {
    const share = ((n * GOLDEN) % 1) * sum;
    const day = upTo.findIndex((reached) => share < reached);
    return firstDay + day * DAY + random.int(6, 20) * HOUR + random.int(0, 3599) * 1000;
  };
};

/** Steps of the same instant keep their order, so that a capture precedes its first contact. */
const inOrder = <S extends DemoStep>(steps: S[]): S[] => steps.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));

const passerBySteps = (
  seed: number,
  n: number,
  arrive: (n: number, random: Random) => number,
  period: Period,
): DemoStep[] => {
  const steps: DemoStep[] = [];
  const random = randomOf(seed, 'passer-by', n);
  const { add, wait, now } = storyWriter(steps, arrive(n, random), period);
  const channel = random.weighted(
    channels.filter(({ tracked }) => tracked > 0),
    ({ first }) => first,
  );
  for (let left = random.int(1, 3); left > 0; left--) {
    add('visitor', `demo-passer-by-${n}`, 'web-site', 'RecordVisit', marketingTouch(random, channel, now(), period));
    wait(random.skewed(2 * DAY, 1) + random.int(1, 50) * MINUTE);
  }
  return steps;
};

/**
 * The commands of a made-up company's eighteen months, in order of time: definitions, campaigns and their cost in USD,
 * about 2,500 people and 350 deals, assignments, feedback of reps, and reviews. The same seed and day give the same
 * steps; about 35,000 at scale 1. A step that depends on a policy's answer to another step is at least a minute later.
 * @param today the first day after the history
 * @param scale number of people and amount of spend, 1 for the full company; a larger one begins with the same people
 */
export const companySteps = (seed: number, today: Day, scale = 1): CompanyStep[] => {
  const period = periodBefore(today);
  const arrive = arrivals(period);
  const taken = new Set<string>();
  const changes = inOrder(queueSteps(seed, period));
  const agreed = agreementSteps(randomOf(seed, 'agreements'), period);
  const ofTheCompany = [
    ...agreed,
    ...directorySteps(period),
    ...changes,
    ...assetSteps(period),
    ...campaignSteps(seed, scale, period),
    ...reviewSteps(period),
  ];
  const steps = ofTheCompany.flatMap((step) => inStory(`${step.to} ${step.id}`, [step]));
  const people = Array.from({ length: Math.round(PEOPLE * scale) }, (_, n) => {
    const ownSteps: DemoStep[] = [];
    const arrival = arrive(n + 1, randomOf(seed, 'arrival', n + 1));
    return { ownSteps, story: leadStory(ownSteps, seed, n + 1, arrival, taken, period) };
  });
  runStories(
    people.map(({ story }) => story),
    changes,
  );
  for (const [n, { ownSteps }] of people.entries()) steps.push(...inStory(`person ${n + 1}`, ownSteps));
  for (let n = 1; n <= Math.round(PASSERS_BY * scale); n++)
    steps.push(...inStory(`passer-by ${n}`, passerBySteps(seed, n, arrive, period)));
  return inOrder(steps);
};
