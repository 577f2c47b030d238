import fc from 'fast-check';
import { DAY_MS, fromMs } from '@baton/kernel';
import { evaluateCriterion, type FindDefinition } from '@baton/definitions';
import {
  agreedOn,
  anyCriteria,
  anyHistory,
  anyModel,
  plainlyMet,
  plainlyQualified,
  plainScore,
  START,
} from '../../../../test/support/judging';
import { isQualified, qualification, withScore } from './qualification.rules';
import { scoreAt, scoreRange } from './score.model';
import { TouchLog } from './touch-log.model';
import type { TouchFact } from '@baton/definitions';

const logOf = (touches: readonly TouchFact[]): TouchLog =>
  touches.reduce((log, touch) => log.with(touch), TouchLog.empty());
const employees = fc.integer({ min: 30, max: 70 });
const instant = fc.integer({ min: -DAY_MS, max: 90 * DAY_MS }).map((after) => START + after);

describe('a judgement', () => {
  it('gives the score of the rules, entry by entry, and the same sum without its explanation', () => {
    fc.assert(
      fc.property(anyModel, anyHistory(150), employees, instant, (model, touches, size, now) => {
        const facts = { profile: { employees: size }, touches: logOf(touches) };
        const { entries, hundredths, fit, engagement } = scoreAt(model, facts, fromMs(now));
        const told = entries.map(({ axis, cause, code, touchId, hundredths: part }) => ({
          ...{ axis, cause, code, hundredths: part },
          ...(touchId !== undefined && { touchId }),
        }));
        expect(told).toEqual(plainScore(model, size, touches, now));
        expect(JSON.stringify(scoreAt(model, { ...facts, touches }, fromMs(now)))).toBe(
          JSON.stringify({ hundredths, fit, engagement, entries }),
        );
        expect(scoreRange(model, facts, now, now)).toEqual({
          total: [hundredths, hundredths],
          fit: [fit, fit],
          engagement: [engagement, engagement],
        });
      }),
      { numRuns: 300 },
    );
  });
  it('is met as the tree says, with and without evidence, whatever was evaluated before', () => {
    fc.assert(
      fc.property(
        anyCriteria,
        anyModel,
        anyHistory(150),
        employees,
        fc.array(instant),
        (tree, model, touches, size, at) => {
          const definition = ((kind) => agreedOn(kind, kind === 'mql' ? { criteria: tree } : model)) as FindDefinition;
          let log = TouchLog.empty();
          for (const touch of touches) {
            log = log.with(touch);
            isQualified({ profile: { employees: size }, touches: log }, touch.at, definition);
          }
          for (const now of at) {
            const facts = { profile: { employees: size }, touches: log };
            const scored = withScore(facts, definition('scoring-model'), fromMs(now)).facts;
            expect(evaluateCriterion(tree, scored, fromMs(now)).met).toBe(plainlyMet(tree, model, size, touches, now));
            const met = plainlyQualified(tree, model, size, touches, now);
            expect(isQualified(facts, fromMs(now), definition)).toBe(met);
            expect(qualification(facts, fromMs(now), definition)!.met).toBe(met);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
  it('of an earlier state does not change when the history continues, or takes another course', () => {
    fc.assert(
      fc.property(anyModel, anyHistory(150), anyHistory(10, 'other'), fc.nat(150), (model, touches, others, cut) => {
        const now = fromMs(START + 70 * DAY_MS);
        const score = (log: TouchLog) => JSON.stringify(scoreAt(model, { profile: {}, touches: log }, now));
        const logs = [TouchLog.empty()];
        for (const touch of touches) logs.push(logs[logs.length - 1]!.with(touch));
        const early = Math.min(cut, touches.length);
        const another = others.reduce((log, touch) => log.with(touch), logs[early]!);
        score(logs[logs.length - 1]!);
        expect(score(logs[early]!)).toBe(score(logOf(touches.slice(0, early))));
        expect(score(another)).toBe(score(logOf([...touches.slice(0, early), ...others])));
      }),
    );
  });
});
