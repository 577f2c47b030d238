import { dayAt, field, Refused, START, type Day, type EventLog } from '@baton/kernel';
import { companySteps, type CompanyStep } from './demo/company';
import { targets } from './import/aggregates';
import { dayAfterPeriod } from './demo/story';
import { single } from './command';
import { printFiguresOf } from './figures.command';
import { count, countOf, line, Progress, printJson } from './output';
import { printReport } from './report.command';
import { Session } from './session';
import { serveUntilStopped } from './start.command';

/** Events that policies answer with commands to other streams: the story continues after those. */
const commandsWithReactions = new Set([
  'ConvertLead',
  'AddContactRole',
  'RemoveContactRole',
  'WinOpportunity',
  'LoseOpportunity',
  'ReopenOpportunity',
  'ChangeOpportunityAmount',
  'IdentifyVisitor',
  'MergeLead',
  'UnmergeLead',
  'ApproveDefinition',
]);
const MAX_WAVE = 1500;
/**
 * Steps that may be sent in parallel. Definitions apply to all leads and reviews read all of them, so they are sent
 * alone.
 */
function* wavesOf(steps: readonly CompanyStep[]): Generator<readonly CompanyStep[]> {
  const apart = ({ to }: CompanyStep) => to === 'definition' || to === 'review';
  for (let start = 0, end = 0; start < steps.length; start = end) {
    const first = steps[start]!;
    for (end = start + 1; end < steps.length && end - start < MAX_WAVE; end++) {
      const next = steps[end]!;
      if (next.to === 'review' || (next.to !== first.to && (apart(first) || apart(next)))) break;
    }
    yield steps.slice(start, end);
  }
}
const SIDE_BY_SIDE = ['first-touch', 'last-touch', 'linear', 'u-shaped', 'time-decay'];

/** Throws the refusal: a step of the demo that is refused is a bug. */
const sendStep = async (
  session: Session,
  { to, id, type, data, at, actor }: CompanyStep,
  index: number,
): Promise<void> => {
  const meta = {
    commandId: `demo-${index}-${type}`,
    actor,
    origin: 'person' as const,
    occurredAt: at,
    mode: 'backfill' as const,
  };
  const outcome = await session.send(new targets[to]!.to(id, { type, data, meta }));
  if (outcome instanceof Refused) throw outcome;
};

/**
 * Sends the steps in order as backfill commands: independent stories in parallel, except where a lead is qualified or
 * a queue changes. So each lead goes to the same rep, however fast the steps are sent.
 */
const fill = async (session: Session, steps: readonly CompanyStep[]): Promise<void> => {
  const progress = new Progress('demo', 'commands', steps.length);
  let sent = 0;
  // Steps that wait at the same time share one wait; steps that come during it share the next.
  let settling = Promise.resolve();
  let next: Promise<void> | undefined;
  const settled = () =>
    (next ??= settling.then(() => {
      next = undefined;
      return (settling = session.settle());
    }));
  await session.follow({ history: true });
  for (const wave of wavesOf(steps)) {
    if (wave[0]!.type === 'HoldReview') await session.finishHistory(wave[0]!.at);
    const stories = new Map<string, Promise<void>>();
    let turns = Promise.resolve();
    for (const step of wave) {
      const index = sent++;
      const send = () => sendStep(session, step, index);
      const before = stories.get(step.story) ?? Promise.resolve();
      const delivery = step.turn
        ? (turns = Promise.all([before, turns]).then(async () => {
            if (step.turn === 'between') await settled();
            await send();
            if (step.turn === 'between') await settled();
          }))
        : before.then(send);
      const follows = commandsWithReactions.has(step.type) || step.turn === 'chooses';
      stories.set(step.story, follows ? delivery.then(settled) : delivery);
    }
    await Promise.all(stories.values());
    progress.at(sent, steps.length);
  }
  await session.finishHistory(steps[steps.length - 1]!.at);
  progress.done();
};

/** Number of events in a log. */
const sizeOf = async (log: EventLog): Promise<number> => {
  let events = 0;
  for (let from = START, atTip = false; !atTip;) {
    const page = await log.readAll(from, {}, 1_000);
    events += page.events.length;
    ({ position: from, atTip } = page);
  }
  return events;
};

/**
 * The end of the history: that of the demo already in the log, otherwise the requested day.
 * @throws Refused `demo/log-in-use`, `demo/other-day`, `demo/day-to-come`
 */
const lastDayOf = async ({ log, clock }: Session, given: string | undefined): Promise<Day> => {
  const today = dayAt(clock.now());
  const end = given === undefined ? today : given;
  if (end > today)
    throw new Refused(
      'demo/day-to-come',
      `--today must not be in the future; give ${today} or an earlier day.`,
      'today',
    );
  const { events } = await log.readAll(START, {}, 100);
  if (
    events.some(({ meta, type }) => type !== 'KeyIssued' && meta.mode === 'live') ||
    events.some(({ meta }) => meta.actor.startsWith('import:'))
  )
    throw new Refused(
      'demo/log-in-use',
      'This log holds other data; set BATON_DATA_DIR to an empty folder.',
      'BATON_DATA_DIR',
    );
  const first = events.find(({ meta, type }) => type !== 'KeyIssued' && meta.mode === 'backfill');
  const held = first && dayAfterPeriod(first.meta.occurredAt);
  if (given !== undefined && held && held !== end)
    throw new Refused(
      'demo/other-day',
      `This log holds the demo of the time before ${held}; omit --today, or set BATON_DATA_DIR to an empty folder.`,
      'today',
    );
  return held ?? end;
};

export const command = single({
  options: {
    once: field.flag('Exit after printing the figures; do not serve.', { optional: true }),
    today: field.day('The day before which the history ends; by default this day.', { optional: true }),
    seed: field.integer('Another seed, another company.', { default: 7 }),
    scale: field.number('How large it is; 1 is about 2,500 leads.', { default: 1, min: 0.01, max: 100 }),
  },
  example: '--once',
  run: async (_, { once = false, today, seed, scale, json = false }) => {
    await Session.use(
      async (session) => {
        const before = await sizeOf(session.log);
        const steps = companySteps(seed, await lastDayOf(session, today), scale);
        await fill(session, steps);
        await session.catchUp();
        const total = await sizeOf(session.log);
        const events = total - before;
        if (json) return printJson({ events, total, position: await session.log.tip() });
        const [from, to] = [steps[0]!, steps.at(-1)!].map(({ at }) => at.slice(0, 10));
        line(
          `\nThe log holds ${countOf(total, 'event')} of a made-up company, ${from} to ${to}; ${count(events)} of them are new.\n`,
        );
        await printReport('attribution', { model: SIDE_BY_SIDE }, session.sources);
        line('\nPipeline velocity by product');
        await printFiguresOf(['open-deals', 'win-rate', 'deal-cycle', 'velocity'], { by: 'product' }, session.sources);
        line('\nObligations of sales');
        await printFiguresOf(
          ['sla-due', 'sla-kept-rate', 'sla-breaches', 'sla-response-time', 'p90-sla-response-time'],
          { by: 'kind' },
          session.sources,
        );
      },
      { mayCreateStore: true },
    );
    if (!once) await serveUntilStopped(json);
  },
});
