import { Command, CommandRunner, Help, Option } from 'nest-commander';
import { Refused, START } from '@baton/kernel';
import { companySteps, type CompanyStep } from './demo/company';
import { targets } from './import/aggregates';
import { line, Progress, printJson } from './output';
import { attributionTable, velocityTable, type ReportOptions } from './report.command';
import { Session } from './session';
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
const WAVE = 500;
const SIDE_BY_SIDE = ['first-touch', 'last-touch', 'linear', 'u-shaped', 'time-decay'];

@Command({
  name: 'demo',
  description: 'Fill an empty log with eighteen months of a made-up company, print its figures, and serve them.',
})
export class DemoCommand extends CommandRunner {
  async run(_: string[], { once = false, seed = 7, scale = 1, json = false }: Options): Promise<void> {
    await Session.use(async (session) => {
      await refuseOthersData(session);
      const events = await this.fill(session, companySteps(seed, scale));
      await session.catchUp();
      const reports: ReportOptions = {};
      if (json) printJson({ events, position: await session.log.tip() });
      else {
        line(`\nA company's history is in the log: ${events} new events.\n`);
        await attributionTable(session, SIDE_BY_SIDE, reports);
        await velocityTable(session, { ...reports, by: 'product' });
      }
    });
    if (!once) await serveUntilStopped(json);
  }

  /** Sends the steps as ordinary commands of the past, in their order; what may wait for a policy, does. */
  private async fill(session: Session, steps: readonly CompanyStep[]): Promise<number> {
    const progress = new Progress('demo', steps.length);
    let events = 0;
    await session.follow();
    for (let start = 0; start < steps.length; start += WAVE) {
      const stories = new Map<string, Promise<void>>();
      for (const [offset, step] of steps.slice(start, start + WAVE).entries()) {
        const tell = async () => {
          events += await this.send(session, step, start + offset);
          if (crossing.has(step.type)) await session.settle();
        };
        stories.set(step.story, (stories.get(step.story) ?? Promise.resolve()).then(tell));
      }
      await Promise.all(stories.values());
      progress.at(start + WAVE, steps.length);
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
    const outcome = await session.send(new targets[to]!.to(id, { type, data, meta }));
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
