import { keysOf } from './reading.mjs';

/** The one team that is chosen, whose own goals replace those of the help desk. */
export const onlyTeam = (choices) => {
	const teams = keysOf(choices, 'team');
	return teams.length === 1 ? teams[0] : undefined;
};

/**
 * The goal of a measure for a bucket: the latest one that began by its first day, of the team if it has one.
 * The goal of a sum is for one grain alone; without a grain all are looked at.
 */
export function goalAt(goals, measure, bucket, team, grain) {
	const day = new Date(bucket).toISOString().slice(0, 10);
	const begun = goals.filter(
		(goal) => goal.measure === measure && goal.from <= day && (!grain || !goal.per || goal.per === grain)
	);
	const own = begun.filter((goal) => team && goal.team === team);
	return (own.length ? own : begun.filter((goal) => goal.team === null)).reduce(
		(last, goal) => (last && last.from > goal.from ? last : goal),
		undefined
	);
}

/**
 * How many whole buckets with a value met the goal of a measure, and how many there are.
 * @param {object[]} rows of a trend over time
 */
export function goalsMet(goals, measure, rows, team, grain) {
	const compared = rows
		.filter((row) => !row.is_unfinished && !row.is_cut)
		.map((row) => ({ goal: goalAt(goals, measure, row.bucket, team, grain), value: row[`m_${measure}`] }))
		.filter(({ goal, value }) => goal && value !== null && value !== undefined);
	const met = compared.filter(({ goal, value }) => (goal.is_least ? value >= goal.value : value <= goal.value));
	return { met: met.length, of: compared.length };
}
