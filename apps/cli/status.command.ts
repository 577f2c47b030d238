import { Documents, EventLog, field, KeyStore } from '@baton/kernel';
import { Conservation, Progress, type CheckResult } from '@baton/platform/health';
import { imports, openImports } from '@baton/platform/imports';
import type { VerificationResult } from '@baton/platform/runner';
import { single } from './command';
import { count, countOf, line, printJson, printTable, time } from './output';
import { Session } from './session';
import { terminal } from './terminal';

/** Describes what a verification found missing or altered. */
const verificationText = ({ expected, counted: seen, code, gap, differing = [] }: VerificationResult): string => {
  const ids = differing.length > 0 ? `: ${differing.join(', ')}` : '';
  return `${code}${gap ? `: ${gap}` : ids}; it counted ${countOf(seen, 'event')} of ${count(expected)}`;
};

/** Faults found by the stores' own checks. */
const damageOf = async ({ app }: Session): Promise<readonly { store: string; found: string }[]> => {
  const stores = { log: app.get(EventLog), 'read models': app.get(Documents), keys: app.get(KeyStore) };
  const found = await Promise.all(
    Object.entries(stores).map(async ([store, checked]) =>
      (await checked.integrityFaults()).map((found) => ({ store, found })),
    ),
  );
  return found.flat();
};

/** Says which numbers should be equal and are not. */
const differenceLines = ({ check, left, right, differences, checkedAt }: CheckResult): readonly string[] =>
  differences.map(
    (one) =>
      `${check}, ${one.of}: ${left} ${one.left}, ${right} ${one.right}: a difference of ${one.difference} (${time(checkedAt)})`,
  );

export const command = single({
  options: {
    verify: field.flag(
      'Replay the log and compare: events seen, every document, numbers that must be equal, and the store files.',
      {
        optional: true,
      },
    ),
  },
  example: '--verify',
  run: async (_, { json, verify }) => {
    await Session.use(async (session) => {
      if (verify) await session.catchUp();
      const followers = await session.runner.status();
      const completeness = verify ? await session.runner.verify() : [];
      if (verify) await session.app.get(Progress).saveVerification(completeness);
      const damage = verify ? await damageOf(session) : [];
      const open = (await session.models.find(imports, { where: openImports })).map(({ doc }) => doc);
      const checks = await (verify ? session.app.get(Conservation).run() : session.app.get(Conservation).latest());
      if (json) printJson({ followers, openImports: open, checks, ...(verify && { completeness, damage }) });
      else {
        printTable(
          ['follower', 'kind', 'reached (position)', 'at the end', 'seen (events)', 'parked (sequences)', 'run by'],
          followers.map(({ name, kind, position, atTip, count, parked, holder }) => [
            name,
            kind,
            position || 'the beginning',
            atTip ? 'yes' : 'no',
            count,
            parked.length,
            holder ?? '',
          ]),
        );
        for (const { importId, run, startedAt } of open)
          line(
            `Run ${run} of the import ${importId}, started ${time(startedAt)}, has not finished; if it was stopped, start it again. Until then clocks are paused for the leads that imports changed last.`,
          );
        const whole = completeness.filter(({ complete }) => complete);
        if (verify)
          line(`Verified: ${count(whole.length)} of ${countOf(completeness.length, 'follower')} are complete.`);
        for (const one of completeness) if (!one.complete) line(`${one.follower}: ${verificationText(one)}`);
        for (const check of checks) for (const text of differenceLines(check)) line(text);
        if (verify && checks.every(({ holds }) => holds))
          line(`Numbers that must be equal are: ${count(checks.length)} checks hold.`);
        for (const { store, found } of damage) line(`The ${store} store is damaged; restore a backup: ${found}`);
      }
      const isWhole = completeness.every(({ complete }) => complete) && checks.every(({ holds }) => holds);
      if (verify && (damage.length > 0 || !isWhole)) terminal().exitCode = 1;
    });
  },
});
