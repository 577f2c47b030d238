import { Command, CommandRunner, Help, Option } from 'nest-commander';
import { Refused, START } from '@baton/kernel';
import { addressees, companySteps, type CompanyStep } from './demo/company';
import { line, Progress, printJson } from './output';
import { attributionTable, velocityTable, type ReportOptions } from './report.command';
import { Session } from './session';
import { slaReportOf } from './sla-reports';
import { serveUntilStopped } from './start.command';

interface Options {
  once?: boolean;
  seed?: number;
  scale?: number;
  json?: boolean;
}

/** What policies answer on another stream: the story goes on when they have. */
const crossing = new Set([
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
const WAVE = 1500;
/** Steps that may be on their way together: definitions hold, and reviews see, whatever stands in another wave. */
function* wavesOf(steps: readonly CompanyStep[]): Generator<readonly CompanyStep[]> {
  const apart = ({ to }: CompanyStep) => to === 'definition' || to === 'review';
  for (let start = 0, end = 0; start < steps.length; start = end) {
    const first = steps[start]!;
    for (end = start + 1; end < steps.length && end - start < WAVE; end++) {
      const next = steps[end]!;
      if (next.to === 'review' || (next.to !== first.to && (apart(first) || apart(next)))) break;
    }
    yield steps.slice(start, end);
  }
}
const SIDE_BY_SIDE = ['first-touch', 'last-touch', 'linear', 'u-shaped', 'time-decay'];

@Command({
  name: 'demo',
  description: 'Fill an empty log with eighteen months of a made-up company, print its figures, and serve them.',
})
export class DemoCommand extends CommandRunner {
  async run(_: string[], { once = false, seed = 7, scale = 1, json = false }: Options): Promise<void> {
    await Session.use(
      async (session) => {
        await refuseOthersData(session);
        const events = await this.fill(session, companySteps(seed, scale));
        await session.catchUp();
        const reports: ReportOptions = {};
        if (json) printJson({ events, position: await session.log.tip() });
        else {
          line(`\nA company's history is in the log: ${events} new events.\n`);
          await attributionTable(session, SIDE_BY_SIDE, reports);
          await velocityTable(session, { ...reports, by: 'product' });
          line('');
          await slaReportOf(session, reports);
        }
      },
      { makes: true },
    );
    if (!once) await serveUntilStopped(json);
  }

  /**
   * Sends the steps as ordinary commands of the past, in their order: independent stories side by side, except where a
   * lead is qualified or a queue changes. So each lead goes to the same rep however fast this is.
   */
  private async fill(session: Session, steps: readonly CompanyStep[]): Promise<number> {
    const progress = new Progress('demo', steps.length);
    let events = 0;
    let sent = 0;
    // Steps that wait at the same time wait together, and those that come meanwhile for the next time.
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
        const send = async () => {
          const written = await this.send(session, step, index);
          events += written;
        };
        const before = stories.get(step.story) ?? Promise.resolve();
        const told = step.turn
          ? (turns = Promise.all([before, turns]).then(async () => {
              if (step.turn === 'between') await settled();
              await send();
              if (step.turn === 'between') await settled();
            }))
          : before.then(send);
        const follows = crossing.has(step.type) || step.turn === 'chooses';
        stories.set(step.story, follows ? told.then(settled) : told);
      }
      await Promise.all(stories.values());
      progress.at(sent, steps.length);
    }
    await session.finishHistory(steps[steps.length - 1]!.at);
    progress.done();
    return events;
  }

  /** @returns how many new events it wrote; throws the refusal: the demo's own steps are never refused */
  private async send(session: Session, { to, id, type, data, at, actor }: CompanyStep, index: number): Promise<number> {
    const meta = {
      commandId: `demo-${index}-${type}`,
      actor,
      origin: 'person' as const,
      occurredAt: at,
      mode: 'backfill' as const,
    };
    const outcome = await session.send(new addressees[to].to(id, { type, data, meta }));
    if (outcome instanceof Refused) throw outcome;
    return outcome.repeated ? 0 : outcome.events;
  }

  @Option({ flags: '--once', description: 'Do not serve afterwards.' })
  once() {
    return true;
  }
  @Option({ flags: '--seed <number>', description: 'Another seed, another company.' })
  seed(value: string) {
    return Number(value);
  }
  @Option({ flags: '--scale <number>', description: 'How large it is; 1 is about 2,500 leads.' })
  scale(value: string) {
    return Number(value);
  }
  @Option({ flags: '--json', description: 'Answer as JSON.' })
  json() {
    return true;
  }
  @Help('after')
  example() {
    return '\nExample: baton demo --once';
  }
}

const refuseOthersData = async ({ log }: Session): Promise<void> => {
  const { events } = await log.readAll(START, {}, 100);
  if (
    events.some(({ meta, type }) => type !== 'KeyIssued' && meta.mode === 'live') ||
    events.some(({ meta }) => meta.actor.startsWith('import:'))
  )
    throw new Refused(
      'demo/log-in-use',
      'This log holds other data; choose an empty folder by BATON_DATA_DIR.',
      'BATON_DATA_DIR',
    );
};
