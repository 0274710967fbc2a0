// The rule of the insights of a build (docs/metrics/insights.md), without their test of single days.
const MOST = 2;
const LEAST_RELATIVE = 0.1;
const LEAST_POINTS = 0.03;
const LEAST_N = 20;
const LEAST_PART = 0.3;
const LEAST_EXCESS = 0.2;

const sum = (rows, name) => rows.reduce((total, row) => total + (row[name] ?? 0), 0);

/** Whether the change of a headline is large enough to be explained. */
function isNotable({ format }, change, before) {
	if (format === 'percent' || format === 'points') return Math.abs(change) >= LEAST_POINTS;
	return change !== 0 && Math.abs(change) >= LEAST_RELATIVE * Math.abs(before);
}

/** The member of a breakdown that has more of the change than of the values, if there is one. */
function driverOf(breakdown, rows, change) {
	const [n, before] = [sum(rows, 'n'), sum(rows, 'n_before')];
	// One member alone is the whole.
	if (rows.length < 2 || Math.min(n, before) < LEAST_N) return [];
	return rows
		.map((row) => ({
			breakdown,
			row,
			part: row.contribution / change,
			excess: row.contribution / change - (row.n + row.n_before) / (n + before)
		}))
		.filter(({ part, excess }) => part >= LEAST_PART && excess >= LEAST_EXCESS)
		.sort((one, other) => other.part - one.part)
		.slice(0, 1);
}

/**
 * The change of a headline, and the members that it comes from, the largest part first.
 * @param {object} measure the headline of the report
 * @param {object} now the row of the period, with the headline by its name
 * @param {object | undefined} before the row of the period that it is compared with
 * @param {{ breakdown: object, rows: object[] }[]} tables the members of each breakdown
 * @returns {{ change: number, drivers: { breakdown: object, row: object, part: number }[] }}
 */
export function driversOf(measure, now, before, tables) {
	const [value, earlier] = [now?.[measure.name], before?.[measure.name]];
	if (value == null || earlier == null || !isNotable(measure, value - earlier, earlier))
		return { change: 0, drivers: [] };
	const change = value - earlier;
	const drivers = tables
		.filter(({ breakdown }) => !breakdown.is_several)
		.flatMap(({ breakdown, rows }) => driverOf(breakdown, rows, change))
		.sort((one, other) => other.part - one.part);
	return { change, drivers: drivers.slice(0, MOST) };
}
