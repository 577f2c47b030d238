export { type Lift, type LiftQuestion, type LiftRow, type OutcomeCounts, lift } from './read/lift/lift.query';
export { type WonLostCounts, type OutcomeHistory, probabilityToWin } from './read/lift/naive-bayes.model';
export { scoreFacts } from './read/list-scores/score-facts.projection';
export { type Probability, leadProbability } from './read/lift/probability.query';
export { type EvaluationQuestion, leadQualification, leadScore } from './read/qualification/qualification.query';
