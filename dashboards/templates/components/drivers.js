import { isShare } from './format.js';

// The rule of the insights of a build (docs/metrics/insights.md), without the errors of their days.
const MOST = 2;
const ERRORS = 3;
const LEAST_RELATIVE = 0.1;
const LEAST_POINTS = 0.03;
const LEAST_N = 20;
const LEAST_PART = 0.3;
const LEAST_EXCESS = 0.2;

const sum = (rows, name) => rows.reduce((total, row) => total + (row[name] ?? 0), 0);

/**
 * The standard error that chance alone gives the difference of two counts, or of two shares; 0 for other
 * averages, whose spread the page does not know.
 */
function chance({ format, per }, value, before, n, nBefore) {
	if (format === 'count' && !per) return Math.sqrt(value + before);
	if (!isShare(format)) return 0;
	// Of the points of promoters and detractors, the widest spread.
	const share = (value * n + before * nBefore) / (n + nBefore);
	const spread = format === 'points' ? 1 : Math.max(0, share * (1 - share));
	return Math.sqrt(spread * (1 / n + 1 / nBefore));
}

/** Whether the change of a headline is large enough to be explained. */
function isNotable(measure, value, before, n, nBefore) {
	const size = Math.abs(value - before);
	const least = isShare(measure.format) ? LEAST_POINTS : LEAST_RELATIVE * Math.abs(before);
	return size > 0 && size >= Math.max(least, ERRORS * chance(measure, value, before, n, nBefore));
}

/** The member of a breakdown that has more of the change than of the values, if there is one. */
function driverOf(measure, value, earlier, { breakdown, rows }) {
	const [n, before] = [sum(rows, 'n'), sum(rows, 'n_before')];
	// One member alone is the whole.
	if (breakdown.is_several || rows.length < 2 || Math.min(n, before) < LEAST_N) return [];
	if (!isNotable(measure, value, earlier, n, before)) return [];
	return rows
		.map((row) => ({
			breakdown,
			row,
			part: row.contribution / (value - earlier),
			size: (row.n + row.n_before) / (n + before)
		}))
		.filter(({ part, size }) => part >= LEAST_PART && part - size >= LEAST_EXCESS)
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
	if (value == null || earlier == null) return { change: 0, drivers: [] };
	const drivers = tables
		.flatMap((table) => driverOf(measure, value, earlier, table))
		.sort((one, other) => other.part - one.part);
	return { change: value - earlier, drivers: drivers.slice(0, MOST) };
}
