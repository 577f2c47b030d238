import { Documents, EventLog, field, KeyStore } from '@baton/kernel';
import { Progress } from '@baton/platform/health';
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

export const command = single({
  options: {
    verify: field.flag('Replay the log and compare: events seen, every document, and the store files.', {
      optional: true,
    }),
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
      if (json) printJson({ followers, openImports: open, ...(verify && { completeness, damage }) });
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
        for (const { store, found } of damage) line(`The ${store} store is damaged; restore a backup: ${found}`);
      }
      if (damage.length > 0 || completeness.some(({ complete }) => !complete)) terminal().exitCode = 1;
    });
  },
});
