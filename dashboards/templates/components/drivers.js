import { isShare } from './format.js';

// The rule of the insights of a build: docs/metrics/insights.md.
const MOST = 2;
const ERRORS = 3;
const LEAST_RELATIVE = 0.1;
const LEAST_POINTS = 0.03;
const LEAST_N = 20;
const LEAST_PART = 0.3;
const LEAST_EXCESS = 0.2;

const sum = (rows, name) => rows.reduce((total, row) => total + (row[name] ?? 0), 0);

/**
 * The squared standard error of a period's headline, from its days; for a count and a share no less than
 * chance gives. Infinity where the days of an average do not say it.
 */
function squaredError({ format, per }, { value, n, variance }) {
	if (format === 'count' && !per) return Math.max(variance ?? 0, value);
	if (format === 'percent') return Math.max(variance ?? 0, n * value * (1 - value)) / (n * n);
	return variance == null ? Infinity : variance / (n * n);
}

/** Whether the change of a headline is large enough to be explained. */
function isNotable(measure, now, before) {
	const size = Math.abs(now.value - before.value);
	const least = isShare(measure.format) ? LEAST_POINTS : LEAST_RELATIVE * Math.abs(before.value);
	const error = Math.sqrt(squaredError(measure, now) + squaredError(measure, before));
	return size > 0 && size >= Math.max(least, ERRORS * error);
}

/** The member of a breakdown that has more of the change than of the values, if there is one. */
function driverOf(measure, now, before, { breakdown, rows }) {
	const [n, nBefore] = [sum(rows, 'n'), sum(rows, 'n_before')];
	// One member alone is the whole.
	if (breakdown.is_several || rows.length < 2 || Math.min(n, nBefore) < LEAST_N) return [];
	if (!isNotable(measure, { ...now, n }, { ...before, n: nBefore })) return [];
	return rows
		.map((row) => ({
			breakdown,
			row,
			part: row.contribution / (now.value - before.value),
			size: (row.n + row.n_before) / (n + nBefore)
		}))
		.filter(({ part, size }) => part >= LEAST_PART && part - size >= LEAST_EXCESS)
		.sort((one, other) => other.part - one.part)
		.slice(0, 1);
}

/**
 * The change of a headline, and the members that it comes from, the largest part first.
 * @param {object} measure the headline of the report
 * @param {object[]} periods a row for the period and one for that before, with the headline by its name
 * @param {object[]} spreads the variance of the headline's sum in each
 * @param {{ breakdown: object, rows: object[] }[]} tables the members of each breakdown
 * @returns {{ change: number, drivers: { breakdown: object, row: object, part: number }[] }}
 */
export function driversOf(measure, periods, spreads, tables) {
	const [now, before] = [true, false].map((isNow) => ({
		value: periods.find((row) => row.is_now === isNow)?.[measure.name],
		variance: spreads.find((row) => row.is_now === isNow)?.variance
	}));
	if (now.value == null || before.value == null) return { change: 0, drivers: [] };
	const drivers = tables
		.flatMap((table) => driverOf(measure, now, before, table))
		.sort((one, other) => other.part - one.part);
	return { change: now.value - before.value, drivers: drivers.slice(0, MOST) };
}
