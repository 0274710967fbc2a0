import { measureText } from './format.js';

const FIGURES = ['value', 'comparison_value', 'contribution', 'desk_difference'];
const LABELS = {
	value: 'Value',
	comparison_value: 'Compared with',
	difference: 'Difference',
	relative_difference: 'Relative difference',
	contribution: 'Contribution',
	desk_difference: 'Difference of the desk',
	share: 'Share of it',
	score: 'Times the usual deviation',
	n: 'n',
	comparison_n: 'n compared with',
	member_name: 'Member',
	period_start_date: 'From',
	period_end_date: 'To',
	period_days: 'Days',
	comparison_start_date: 'Compared from',
	comparison_end_date: 'Compared to',
	newest_date: 'Newest row',
	as_of: 'As of'
};

/**
 * The row of an insight as pairs of label and text, without null columns.
 * @param {Record<string, any>} row
 * @returns {[string, string][]}
 */
export function insightFacts(row) {
	return Object.entries(LABELS)
		.filter(([name]) => name in row)
		.map(([name, label]) => [label, text(name, row)]);
}

function text(name, row) {
	const value = row[name];
	if (FIGURES.includes(name)) return measureText(value, row.format);
	// Differences of shares are points, not shares.
	if (name === 'difference')
		return row.format === 'percent' ? `${measureText(value, 'points')} points` : measureText(value, row.format);
	if (name === 'relative_difference' || name === 'share') return measureText(value, 'percent');
	if (name === 'score') return measureText(value, 'decimal');
	return typeof value === 'number' ? measureText(value, 'count') : `${value}`.replace('T', ' ');
}
