import { field, type Fields, type Report } from '@baton/kernel';
import type { Connection, PageQuestion } from '@baton/platform/documents';
import { declaredValue, nodesOf, printAnswer, printList } from './answer';
import { action, type Action, type ActionGroup } from './command';
import { declared, loadReport } from './declared';
import { cutOptions, exampleOf, questionOf } from './options';
import { line, printJson, warn } from './output';
import { answerFrom, contextFor, cutOf } from './sources';
import type { Sources, View } from './view';

const pageOptions = {
  limit: field.integer('Number of rows to print.', { default: 100, min: 1, max: 1_000_000 }),
} as const;

/** The declared arguments, as the command line has them. */
const argumentsOf = (report: Report, view: View): Fields => view.arguments?.(report.arguments) ?? report.arguments;

/** Asks a report and prints its answer. @param given the options, checked */
const askAndPrint = async (
  report: Report,
  view: View,
  given: Readonly<Record<string, unknown>>,
  sources: Sources,
): Promise<void> => {
  const own = argumentsOf(report, view);
  const question = Object.fromEntries(Object.entries(given).filter(([name]) => name in own)) as never;
  const context = contextFor(sources, report.asOf === false ? undefined : cutOf(given));
  const ask = (page: PageQuestion): unknown => report.ask(question, { ...context, page } as never);
  const { answer } = report;
  if (report.page) {
    const { nodes, more } = await nodesOf((page) => ask(page) as Connection<unknown>, Number(given['limit']));
    if (more) warn('There are more rows; raise --limit to see them.');
    const rows = await declaredValue({ ...answer, options: { list: true } }, nodes);
    if (given['json']) printJson(rows);
    else printList(answer.object!, rows as never);
    return;
  }
  if (view.exact && given['json']) return printJson(await view.exact(question, context));
  const found = view.ask ? await view.ask(question, context) : ((await declaredValue(answer, await ask({}))) ?? null);
  if (given['json']) printJson(view.json ? view.json(found as never) : found);
  else (view.print ?? printDeclared(report))(found as never, question);
};

/** An action that asks a report; its options are the declared arguments. */
export const reportAction = (report: Report, view: View = {}): Action => {
  const own = argumentsOf(report, view);
  const cut = Object.entries(cutOptions).filter(([name]) => report.asOf !== false && !(name in own));
  return action({
    description: report.description,
    options: { ...own, ...(report.page && pageOptions), ...Object.fromEntries(cut) } as Fields,
    example: exampleOf(own),
    run: (_, given) => answerFrom((sources) => askAndPrint(report, view, given, sources)),
  });
};

/** Prints an answer by its declaration. */
export const printDeclared =
  ({ answer: { object, options } }: Report) =>
  (answer: unknown, { by }: { readonly by?: unknown }): void => {
    if (answer === null || answer === undefined) line('none');
    else if (!object) line(String(answer as string));
    else if (options.list) printList(object, answer as never);
    else printAnswer(object, answer as never, typeof by === 'string' ? by : 'of');
  };

/** What is other on the command line: a name, a form of the answer, or how it is printed. */
const others: Readonly<
  Record<
    string,
    { readonly name?: string; readonly views: () => Promise<{ readonly views: Readonly<Record<string, View>> }> }
  >
> = {
  ...Object.fromEntries(
    ['attribution', 'roas', 'paths'].map((name) => [name, { views: () => import('./attribution-views.js') }]),
  ),
  ...Object.fromEntries(
    ['waterfall', 'pipeline-health', 'win-loss'].map((name) => [name, { views: () => import('./figure-views.js') }]),
  ),
};
/** They are asked by `baton figures`. */
const ofFigures = ['figures', 'figure-catalogue'];
const viewOf = async (name: string): Promise<View> => (await others[name]?.views())?.views[name] ?? {};
/** Loads a report as an action. @param name as `declared` has it */
export const loadReportAction = async (name: string): Promise<Action> =>
  reportAction(await loadReport(name), await viewOf(name));
/** Asks a report within a session and prints its answer. */
export const printReport = async (
  name: string,
  given: Readonly<Record<string, unknown>>,
  sources: Sources,
): Promise<void> => {
  const [report, view] = [await loadReport(name), await viewOf(name)];
  await askAndPrint(report, view, questionOf(argumentsOf(report, view), given), sources);
};

export const command: ActionGroup = {
  get actions() {
    return {
      ...Object.fromEntries(
        Object.entries(declared().reports)
          .filter(([name]) => !ofFigures.includes(name))
          .map(([name, { description }]) => [
            others[name]?.name ?? name,
            { description, load: () => loadReportAction(name) },
          ]),
      ),
      periods: {
        description: 'Frozen periods, and their restatements since.',
        load: async () => (await import('./attribution-views.js')).periodsAction,
      },
    };
  },
};
