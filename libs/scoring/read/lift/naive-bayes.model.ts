/** Won and lost leads in a group. */
export interface WonLostCounts {
  readonly won: number;
  readonly lost: number;
}
/** Outcomes of earlier leads: of all that reached the first stage, and by field (`tag`, `source` …) and value. */
export interface OutcomeHistory {
  readonly all: WonLostCounts;
  readonly fields: Readonly<Record<string, ReadonlyMap<string, WonLostCounts>>>;
}

const ADDED = 0.1; // Added to every count, so that an outcome without an example does not get probability 0.
const FLOOR = 0.0001;

/**
 * The probability that a lead is won, by naive Bayes: P(won) from the first-stage counts, times for each value its
 * share among the won leads with that field; the same for lost. Fields or values without examples are ignored.
 * @param values by field, several if the lead has several (tags)
 * @returns 0.0001 … 0.9999
 * Never throws. Source: predictive lead scoring of Odoo (crm), with 0.1 added to every count.
 */
export const probabilityToWin = (past: OutcomeHistory, values: Readonly<Record<string, readonly string[]>>): number => {
  const { won, lost } = past.all;
  let forWon = (won + ADDED) / (won + lost + 2 * ADDED);
  let forLost = 1 - forWon;
  for (const [field, its] of Object.entries(values)) {
    const counts = Object.hasOwn(past.fields, field) ? past.fields[field]! : new Map<string, WonLostCounts>();
    const total = (of: keyof WonLostCounts) => [...counts.values()].reduce((sum, count) => sum + count[of] + ADDED, 0);
    const [wonOfField, lostOfField] = [total('won'), total('lost')];
    for (const value of its) {
      const known = counts.get(value);
      if (!known) continue;
      forWon *= (known.won + ADDED) / wonOfField;
      forLost *= (known.lost + ADDED) / lostOfField;
    }
  }
  return Math.min(1 - FLOOR, Math.max(FLOOR, forWon / (forWon + forLost)));
};
