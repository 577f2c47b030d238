import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { fromMs, instantOf } from '@baton/kernel';
import { dataFile, describeWithData } from '../../../test/support/data';
import { attributionModels } from './models.rules';
import { creditsOf } from './credit.model';
import type { ModelJourney } from './model-journey.rules';

const rowsOf = (file: string) =>
  parse(readFileSync(dataFile(file)), { columns: true }) as readonly Record<string, string>[];
const parameters = { excludedChannels: [], weights: { first: 0.4, last: 0.4, mid: 0.2 }, halfLifeMs: 1 };
const codes = ['first-touch', 'last-touch', 'linear'];

/** Credited conversions by channel, one column a model. */
const credit = (journeys: readonly { readonly journey: ModelJourney; readonly conversions: number }[]) => {
  const sums = new Map<string, number[]>();
  for (const { journey, conversions } of journeys)
    codes.forEach((code, column) => {
      const model = attributionModels.find((one) => one.code === code)!;
      creditsOf(model, journey, parameters, undefined).credits.forEach(({ weight }, index) => {
        const { channel } = journey.touches[index]!;
        if (!sums.has(channel)) sums.set(channel, [0, 0, 0]);
        sums.get(channel)![column]! += weight * conversions;
      });
    });
  return sums;
};

const touchFile = 'touches-small/touches.csv';
describeWithData('journeys that end at the first flagged touch', [touchFile], () => {
  it('are credited as the reference says', () => {
    const people = new Map<string, { channel: string; occurredAt: string; flagged: boolean }[]>();
    for (const row of rowsOf(touchFile)) {
      const touches = people.get(row['User_ID_Anon']!) ?? [];
      people.set(row['User_ID_Anon']!, touches);
      const occurredAt = instantOf(`${row['Timestamp']!.replace(' ', 'T')}Z`);
      touches.push({ channel: row['Channel']!, occurredAt, flagged: row['Conversion_Flag'] === '1' });
    }
    const journeys = [...people.values()].flatMap((touches) => {
      touches.sort((a, b) => (a.occurredAt < b.occurredAt ? -1 : 1));
      const conversion = touches.find(({ flagged }) => flagged);
      // Later touches stay in the list: the window leaves them out.
      return conversion ? [{ journey: { touches, conversionAt: conversion.occurredAt }, conversions: 1 }] : [];
    });
    expect(journeys).toHaveLength(2381);
    const expected: Record<string, [number, number, number]> = {
      'Display Ads': [428, 415, 424.508333],
      'Direct Traffic': [411, 402, 405.158333],
      Referral: [408, 412, 409.958333],
      'Social Media': [389, 412, 396.841667],
      Email: [374, 391, 381.2],
      'Search Ads': [371, 349, 363.333333],
    };
    const found = credit(journeys);
    expect(found.size).toBe(6);
    for (const [channel, columns] of Object.entries(expected))
      columns.forEach((one, column) => expect(found.get(channel)![column]).toBeCloseTo(one, 6));
  });
});

const pathFile = 'channel-paths/path_data.csv';
const expectedFile = 'channel-paths/expected/heuristic_models.csv';
describeWithData('ten thousand channel paths', [pathFile, expectedFile], () => {
  it('are credited as the reference package does', () => {
    const journeys = rowsOf(pathFile).map((row) => {
      const touches = row['path']!.split(' > ').map((channel, index) => ({ channel, occurredAt: fromMs(index) }));
      return { journey: { touches, conversionAt: fromMs(1e6) }, conversions: Number(row['total_conversions']) };
    });
    const found = credit(journeys);
    const expected = rowsOf(expectedFile);
    expect(found.size).toBe(expected.length);
    for (const row of expected)
      ['first_touch_conversions', 'last_touch_conversions', 'linear_touch_conversions'].forEach((name, column) =>
        expect(Math.abs(found.get(row['channel_name']!)![column]! - Number(row[name]))).toBeLessThan(1e-6),
      );
  });
});
