import { keysOf } from './reading.mjs';

/** The goals of a report for the one team that is chosen; where it has none, for the whole desk. */
export function goalsFor(goals, choices) {
	const teams = keysOf(choices, 'team');
	const own = teams.length === 1 ? goals.filter(({ team }) => team === teams[0]) : [];
	return own.length ? own : goals.filter(({ team }) => team === null);
}

/** The goal of a measure for a bucket: the latest one that began by its first day. */
export function goalAt(goals, measure, bucket) {
	const day = new Date(bucket).toISOString().slice(0, 10);
	const begun = goals.filter((goal) => goal.measure === measure && goal.from <= day);
	return begun.reduce((last, goal) => (last && last.from > goal.from ? last : goal), undefined);
}

/** Whether a goal is for buckets of a grain: that of a sum is for one grain alone. */
export const isFor = (goal, grain) => !goal.per || goal.per === grain;

/**
 * How many whole buckets with a value met the goal of a measure, and how many there are.
 * @param {object[]} rows of a trend over time
 */
export function goalsMet(goals, measure, rows, grain) {
	const compared = rows
		.filter((row) => !row.is_unfinished && !row.is_cut)
		.map((row) => ({ goal: goalAt(goals, measure, row.bucket), value: row[`m_${measure}`] }))
		.filter(({ goal, value }) => goal && isFor(goal, grain) && value !== null && value !== undefined);
	const met = compared.filter(({ goal, value }) => (goal.is_least ? value >= goal.value : value <= goal.value));
	return { met: met.length, of: compared.length };
}
