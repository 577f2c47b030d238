import { figures } from './catalogue.rules';
import { count, figure, sum } from './figure.rules';
import { dealFact } from './facts/deals.fact';

describe('the catalogue of figures', () => {
  it('has a formula, a title and a code of its own for each', () => {
    expect(new Set(figures.map(({ code }) => code)).size).toBe(figures.length);
    expect(new Set(figures.map(({ title }) => title)).size).toBe(figures.length);
    for (const { formula, code } of figures) {
      expect(formula.length).toBeGreaterThan(10);
      expect(code).toMatch(/^[a-z][a-z0-9-]+$/);
    }
  });

  it('refuses a figure of columns that its fact does not have, and one without rows', () => {
    const rows = { fact: dealFact, time: { at: 'closedAt' } };
    const declared = { code: 'x', title: 'X', unit: 'count', formula: 'x' } as const;
    expect(() => figure({ ...declared, rows, value: sum('price') })).toThrow('price');
    expect(() => figure({ ...declared, rows, value: count({ state: 'won' }) })).toThrow('state');
    expect(() => figure({ ...declared, rows: { ...rows, time: { at: 'wonAt' } }, value: count() })).toThrow('wonAt');
    expect(() => figure({ ...declared, value: count() })).toThrow('no rows');
  });
});
