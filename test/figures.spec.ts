import { format } from 'prettier';
import { readFileSync, writeFileSync } from 'node:fs';
import { dimensionsOf, type Figure } from '../libs/insights/figures/figure.rules';
import { figures } from '../libs/insights/figures/catalogue.rules';

const FILE = 'libs/insights/figures/figures.md';
const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
const whatOf = ({ value, rows }: Figure): string =>
  value.kind === 'derived' ? value.parts.map(({ code }) => `\`${code}\``).join(', ') : rows.fact.name;

/** The documentation of the figures, from their declarations. */
const documentation = (): Promise<string> =>
  format(
    [
      '# Figures',
      '',
      'Made from the declarations; `UPDATE_FIGURES=1 npx jest --selectProjects unit -- test/figures`',
      'writes it anew. Every figure can also be grouped by day, week, month, quarter and year.',
      '',
      row(['code', 'unit', 'formula', 'made of', 'dimensions']),
      row(['---', '---', '---', '---', '---']),
      ...figures.map((one) =>
        row([`\`${one.code}\``, one.unit, one.formula, whatOf(one), dimensionsOf(one).join(', ')]),
      ),
      '',
    ].join('\n'),
    { parser: 'markdown' },
  );

describe('the documentation of the figures', () => {
  it('is that of their declarations', async () => {
    const written = await documentation();
    if (process.env['UPDATE_FIGURES']) writeFileSync(FILE, written);
    expect(readFileSync(FILE, 'utf8')).toBe(written);
  });
});
