import { printFigures, type FiguresAnswer } from './figures.command';
import { line } from './output';
import type { View } from './view';

type Figure = FiguresAnswer['figures'][number];
interface WaterfallAnswer extends Omit<FiguresAnswer, 'figures'> {
  readonly closingFrom: string | null;
  readonly closingTo: string | null;
  readonly cells: readonly (Pick<Figure, 'total' | 'groups' | 'erased'> & { readonly cell: string })[];
}
interface WinLossAnswer extends FiguresAnswer {
  readonly targets: readonly { readonly pipeline: string; readonly proposalToClose: number }[];
}

/** Reports of figures are printed as figures are: one row per value. */
export const views: Readonly<Record<string, View>> = {
  'pipeline-health': { print: (answer: FiguresAnswer) => printFigures(answer, 'table') },
  'win-loss': {
    print: (answer: WinLossAnswer) => {
      printFigures(answer, 'table');
      for (const { pipeline, proposalToClose } of answer.targets)
        line(`target of proposal-to-close in ${pipeline}: ${proposalToClose}`);
    },
  },
  waterfall: {
    print: ({ cells, closingFrom, closingTo, ...answer }: WaterfallAnswer) => {
      const figures = cells.map(({ cell, ...one }) => ({ ...one, code: cell, unit: 'money', warnings: [] }));
      printFigures({ ...answer, figures }, 'table');
      if (closingTo !== null)
        line(`deals that are expected to close from ${closingFrom ?? 'the beginning'} to ${closingTo}`);
    },
  },
};
