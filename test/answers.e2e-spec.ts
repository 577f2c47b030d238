import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import { Clock } from '@baton/kernel';
import type { GraphQLSchema } from 'graphql';
import { Served, temporaryFolder } from './support/baton';
import { copyDemo, DEMO_DAY } from './support/demo';
import { selectionOf } from './support/field-access';

const NOON = `${DEMO_DAY}T12:00:00.000Z`;
class StoppedClock extends Clock {
  now() {
    return NOON;
  }
}
/** By question, the beginning of the SHA-256 of its answer. */
const FILE = join(__dirname, 'answers.json');
/** A folder for the answers themselves, to compare those of two commits. */
const KEPT = process.env['ANSWERS_DIR'];
const PAGE = 30;

/** They answer about the process, the keys or the order of the log, which differ from run to run, or about who asks. */
const unasked = new Set([
  ...['accessMatrix', 'consistencyProof', 'inclusionProof', 'keys', 'logHead', 'me', 'status', 'whoSaw'],
  ...['node', 'openPersonal'], // what they lead to is asked by itself
  'periodDelta', // the demo freezes no period
]);
/** Arguments of questions that need some, or say more with some; ids are those of the demo. */
const asked: Readonly<Record<string, readonly string[]>> = {
  attribution: ['by: CHANNEL', 'by: CAMPAIGN, model: TIME_DECAY', 'by: SOURCE, model: MARKOV, from: "2024-01-01"'],
  campaign: ['campaignId: "$campaign"'],
  caseFile: ['subject: "lead-$lead"', 'subject: "opportunity-$deal", newestFirst: true'],
  colleague: ['personId: "$rep"'],
  compareModels: ['models: [LINEAR, FIRST_TOUCH, W_SHAPED, SHAPLEY]'],
  credit: ['journeyId: "$deal"'],
  dealsWithContent: ['content: "$content", outcome: WON'],
  definition: ['kind: MQL'],
  definitionDifference: ['kind: MQL, before: 1, after: 2'],
  deliveries: ['kind: QUALIFIED, period: "2024-05"', 'kind: SALES_QUALIFIED, period: "2024-05"'],
  erasurePreview: ['leadId: "$lead"'],
  events: ['stream: "lead-$lead"', 'stream: "opportunity-$deal"'],
  feedbackTopics: ['topic: OBJECTIONS, by: MONTH'],
  figureRows: ['code: WON_DEALS', 'code: LEAD_TO_MQL'],
  figures: [
    'codes: [$first]',
    'codes: [$others]',
    'codes: [$first], by: MONTH, from: "2024-01-01", to: "2024-03-31", asOf: { happenedBy: "2024-05-01" }',
  ],
  funnel: ['steps: ["lead", "mql", "handed-off", "sql", "customer"], by: SOURCE'],
  funnelRows: ['steps: ["lead", "mql"], step: 2'],
  handoffPackage: ['leadId: "$lead"'],
  journey: ['journeyId: "$deal"'],
  journeyLegs: ['by: OWNER'],
  lead: ['leadId: "$lead"'],
  opportunity: ['opportunityId: "$deal"'],
  privacyRecord: ['leadId: "$lead"'],
  probability: ['leadId: "$lead"'],
  processView: ['over: ACTIVITIES', 'over: PEOPLE, by: SOURCE'],
  qualification: ['leadId: "$lead"'],
  review: ['reviewId: "$review"'],
  revision: ['stream: "lead-$lead"'],
  score: ['leadId: "$lead"'],
  search: ['text: "$company"'],
  slaClock: ['clockId: "$clock"'],
  slaCounterfactual: ['input: { policy: "sla-policy@1", calendar: "business-calendar@1", routing: "routing@1" }'],
  stageConversions: ['by: SOURCE'],
  timeInStage: ['over: DEALS, by: OWNER', 'measure: EACH, inside: true, by: SOURCE'],
  timeInStageRows: ['inStage: "lead"'],
  velocityChange: [
    'periodA: { from: "2024-01-01", to: "2024-03-31" }, periodB: { from: "2024-04-01", to: "2024-06-30" }',
  ],
  waterfallRows: ['cell: END'],
};
/** New in each run: ids of events, in ids of what they began, too; secret hashes; places in the log, in which leads take turns. */
const ids = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|^reservation-.*|^\d{16}$/g;
/** So are these: a node's id is that in base64. */
const unlike = new Set(['id', 'recordedAt', '$sealed', 'startCursor', 'endCursor']);
const comparable = (key: string, value: unknown): unknown =>
  unlike.has(key) ? '' : typeof value === 'string' ? value.replace(ids, '') : value;

/**
 * Whatever changes how Baton stores, folds or computes must leave these as they are. An answer that is meant to change is
 * recorded anew with UPDATE_ANSWERS=1; ANSWERS_DIR shows what became of it.
 */
describe('the answers about the company of the demo', () => {
  const folder = temporaryFolder();
  let served: Served;
  let schema: GraphQLSchema;
  beforeAll(async () => {
    await copyDemo(folder);
    served = await Served.start(folder, [], new StoppedClock());
    ({ schema } = served.app.get(GraphQLSchemaHost));
    await served.settle();
  });
  afterAll(() => served?.stop());

  const ask = async <T>(query: string): Promise<T> => {
    const { data, errors } = await served.ask<T>(query, ['admin']);
    if (errors) throw new Error(`${query.slice(0, 200)}: ${JSON.stringify(errors)}`);
    return data;
  };
  /** What arguments name, by the word in them. */
  const examples = async (): Promise<Readonly<Record<string, string>>> => {
    const first = await ask<Record<string, { nodes: Record<string, string>[] }>>(`{
      handoffs(first: 1) { nodes { lead: leadId rep } } slaBoard(first: 1) { nodes { clock: clockId } } campaigns(first: 1) { nodes { campaign: campaignId } }
      opportunities(first: 1, filter: { status: { in: [WON] } }) { nodes { deal: opportunityId } }
      contentUses(first: 1) { nodes { content } } reviews(first: 1) { nodes { review: reviewId } }
    }`);
    const { figureCatalogue } = await ask<{ figureCatalogue: { code: string }[] }>('{ figureCatalogue { code } }');
    const codes = figureCatalogue.map(({ code }) => code.toUpperCase().replaceAll('-', '_'));
    return Object.assign(
      { first: codes.slice(0, 90).join(', '), others: codes.slice(90).join(', ') },
      ...Object.values(first).map(({ nodes }) => nodes[0]),
    );
  };

  it('are those that were recorded', async () => {
    const answers: Record<string, string> = {};
    const named = await examples();
    const { lead } = await ask<{ lead: { company: string } }>(`{ lead(leadId: "${named['lead']}") { company } }`);
    for (const { name, args, type } of Object.values(schema.getQueryType()!.getFields())) {
      if (unasked.has(name)) continue;
      const page = args.some((arg) => arg.name === 'first') ? [`first: ${PAGE}`] : [];
      for (const own of asked[name] ?? ['']) {
        const given = [...(own ? [own] : []), ...page].join(', ');
        const passed = given.replace(/\$(\w+)/g, (_, word: string) => ({ ...named, ...lead })[word]!);
        const { it: answer } = await ask<{ it: unknown }>(
          `{ it: ${name}${passed && `(${passed})`} ${selectionOf(type, new Set())} }`,
        );
        const text = JSON.stringify(answer, comparable);
        if (KEPT)
          writeFileSync(join(KEPT, `${Object.keys(answers).length}-${name}.json`), text.replaceAll('},', '},\n'));
        answers[`${name}${own && `(${own})`}`] = createHash('sha256').update(text).digest('hex').slice(0, 16);
      }
    }
    if (process.env['UPDATE_ANSWERS'] === '1') writeFileSync(FILE, `${JSON.stringify(answers, null, 2)}\n`);
    expect(answers).toEqual(JSON.parse(readFileSync(FILE, 'utf8')));
  });
});
