import { reps } from './sales';
import { DAY, HOUR, MINUTE, storyWriter, type DemoStep, type Period } from './story';

/** Who reports to whom, beside the reps. */
const others = [
  { id: 'vp-sales-otto', name: 'Otto Lindqvist', team: 'sales' },
  { id: 'lead-mona', name: 'Mona Reyes', team: 'sales-americas', manager: 'vp-sales-otto' },
  { id: 'lead-nils', name: 'Nils Aalto', team: 'sales-overseas', manager: 'vp-sales-otto' },
  { id: 'cmo-ines', name: 'Ines Duarte', team: 'marketing' },
  { id: 'revops-tilda', name: 'Tilda Frost', team: 'revops' },
] as const;
const managers = { americas: 'lead-mona', overseas: 'lead-nils' } as const;
/** A rep who gets another manager. */
const MOVED = { rep: 'rep-gwen', day: 300, manager: 'vp-sales-otto' } as const;

/** The entries of the company's own people; one of them changes. */
export const directorySteps = (period: Period): DemoStep[] => {
  const steps: DemoStep[] = [];
  const ofReps = reps.map(({ id, queue }) => ({
    ...{ id, name: `${id.slice(4, 5).toUpperCase()}${id.slice(5)}`, team: `sales-${queue}`, manager: managers[queue] },
  }));
  for (const [index, { id, name, team, ...more }] of [...others, ...ofReps].entries()) {
    const { add, wait } = storyWriter(steps, period.begin + 6 * HOUR + index * MINUTE, period);
    const entry = { name, email: `${id}@baton-demo.example`, team, ...more };
    add('person', id, 'revops-tilda', 'SetDirectoryEntry', entry);
    if (id !== MOVED.rep) continue;
    wait(MOVED.day * DAY);
    add('person', id, 'revops-tilda', 'SetDirectoryEntry', { ...entry, manager: MOVED.manager });
  }
  return steps;
};
