import { dayText, measureText, momentText } from './format.js';
import { t } from './language.js';

const FIGURES = ['value', 'comparison_value', 'contribution', 'desk_difference'];
const LABELS = () => ({
	value: t('Value'),
	comparison_value: t('Compared with'),
	difference: t('Difference'),
	relative_difference: t('Relative difference'),
	contribution: t('Contribution'),
	desk_difference: t('Difference of the desk'),
	share: t('Share of it'),
	score: t('Times the usual deviation'),
	n: t('n'),
	comparison_n: t('n compared with'),
	member_name: t('Member'),
	period_start_date: t('From'),
	period_end_date: t('To'),
	period_days: t('Days'),
	comparison_start_date: t('Compared from'),
	comparison_end_date: t('Compared to'),
	newest_date: t('Newest row'),
	as_of: t('As of')
});

/**
 * The row of an insight as pairs of label and text, without null columns.
 * @param {Record<string, any>} row
 * @returns {[string, string][]}
 */
export function insightFacts(row) {
	return Object.entries(LABELS())
		.filter(([name]) => name in row)
		.map(([name, label]) => [label, text(name, row)]);
}

/**
 * The sentence of an insight.
 * @param {{ sentence: string, row: Record<string, any> }} insight
 */
export const sentenceOf = ({ sentence }) => sentence;

function text(name, row) {
	const value = row[name];
	if (FIGURES.includes(name)) return measureText(value, row.format);
	// Differences of shares are points, not shares.
	if (name === 'difference')
		return row.format === 'percent' ? t('{size} points', { size: measureText(value, 'points') }) : measureText(value, row.format);
	if (name === 'relative_difference' || name === 'share') return measureText(value, 'percent');
	if (name === 'score') return measureText(value, 'decimal');
	if (typeof value === 'number') return measureText(value, 'count');
	if (/^\d{4}-\d\d-\d\d$/.test(value)) return dayText(value);
	return name === 'as_of' ? momentText(value) : value;
}
