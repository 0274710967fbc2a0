import { csvHeader, csvValue, dayText, durationText, inText, isShare, measureText, momentText } from './format.js';
import { date, isSource, number, t, tn, word } from './language.js';

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
	oldest_days: t('Days of the oldest'),
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

const UNITS = () => ({ duration: t('seconds'), percent: '%', points: t('points') });

/**
 * Insights as the header and the rows of a file: each with its sentence, and its figures in their unit.
 * @param {{ sentence: string, row: Record<string, any> }[]} insights
 */
export function insightTable(insights) {
	const labels = Object.entries(LABELS()).filter(([name]) => insights.some(({ row }) => name in row));
	const shares = ['relative_difference', 'share'];
	const formatOf = (name, { format }) => (shares.includes(name) ? 'percent' : [...FIGURES, 'difference'].includes(name) ? format : '');
	return {
		header: [
			t('Sentence'),
			t('Report'),
			t('Unit'),
			...labels.map(([name, label]) => csvHeader(label, shares.includes(name) ? 'percent' : ''))
		],
		rows: insights.map((insight) => [
			sentenceOf(insight),
			insight.row.report_id,
			UNITS()[insight.row.format] ?? '',
			...labels.map(([name]) => csvValue(insight.row[name], formatOf(name, insight.row)))
		])
	};
}

/**
 * The sentence of an insight. One that a language model has reworded is shown as it is.
 * @param {{ sentence: string, row: Record<string, any> }} insight
 */
export function sentenceOf({ sentence, row }) {
	return isSource() || sentence !== row.sentence ? sentence : sentenceOfRow(row);
}

/** A number as the sentences of the marts round it: half away from zero. */
function rounded(value, decimals, least = 0) {
	const size = Math.round(Math.abs(value) * 10 ** decimals) / 10 ** decimals;
	return number({ minimumFractionDigits: least, maximumFractionDigits: decimals }).format(value < 0 && size ? -size : size);
}

function valueText(value, format, isDifference = false) {
	if (format === 'duration') return durationText(value);
	if (format === 'decimal') return rounded(value, 2, 2);
	if (!isShare(format)) return rounded(value, 1);
	const size = rounded(100 * value, 1);
	if (isDifference) return t('{size} points', { size });
	return format === 'percent' ? t('{n}%', { n: size }) : size;
}

const signed = (value, format) => `${value < 0 ? '−' : '+'}${valueText(Math.abs(value), format, true)}`;
const longDate = (day) => date({ dateStyle: 'long', timeZone: 'UTC' }).format(new Date(day));
const weekdayOf = (day) => date({ weekday: 'long', timeZone: 'UTC' }).format(new Date(day));
/** A label within a sentence. */
const lowered = (label) => (isSource() ? label.toLowerCase() : inText(t(label)));

/**
 * The sentence of a row of `rpt_insights` by its template, as the macro `insight_sentence` has it in English:
 * every number of the sentence is in the row.
 * @param {Record<string, any>} row
 */
export function sentenceOfRow(row) {
	return TEMPLATES[row.template]({
		label: row.label == null ? undefined : t(row.label),
		value: row.value == null ? undefined : valueText(row.value, row.format),
		usual: row.comparison_value == null ? undefined : valueText(row.comparison_value, row.format),
		days: row.period_days == null ? undefined : rounded(row.period_days, 0),
		date: row.period_end_date == null ? undefined : longDate(row.period_end_date),
		weekday: row.period_end_date == null ? undefined : weekdayOf(row.period_end_date),
		score: row.score == null ? undefined : rounded(Math.abs(row.score), 1, 1),
		breakdown: row.dimension_label == null ? undefined : lowered(row.dimension_label),
		member: row.member_name == null ? undefined : word(row.member_name)
	}, row);
}

// What recent dates of a report still lack, as its declaration says it at the end of the sentence.
const NOTE = / is not over and not counted above(?:: .+? (?:now|so far))?\. (.+)$/s;
const TEMPLATES = {
	level_none: (values, { is_stock, newest_date }) => {
		const all = { ...values, newest: newest_date && longDate(newest_date) };
		return is_stock
			? t('{label}: none at the end of {date}; the newest are of {newest}.', all)
			: t('{label}: none in the {days} days to {date}; the newest are of {newest}.', all);
	},
	level_stopped: (values, { is_stock }) =>
		is_stock
			? t('{label}: none at the end of {date}; {days} days before: {usual}.', values)
			: t('{label}: none in the {days} days to {date}; in the {days} days before: {usual}.', values),
	level_alone: (values, { is_stock }) =>
		is_stock
			? t('{label}: {value} at the end of {date}; there is nothing before to compare with.', values)
			: t('{label}: {value} in the {days} days to {date}; there is nothing before to compare with.', values),
	level_same: (values, { is_stock }) =>
		is_stock
			? t('{label}: {value} at the end of {date}; {days} days before: {usual}. No clear change.', values)
			: t('{label}: {value} in the {days} days to {date}; in the {days} days before: {usual}. No clear change.', values),
	level_changed: (values, row) => {
		const all = { ...values, change: changeOf(row) };
		return row.is_stock
			? t('{label}: {value} at the end of {date}, {change} {days} days before ({usual}).', all)
			: t('{label}: {value} in the {days} days to {date}, {change} in the {days} days before ({usual}).', all);
	},
	driver: (values, { contribution, desk_difference, share, format }) =>
		t('By {breakdown}, {member} accounts for {part} of the {whole} ({share}%).', {
			...values,
			part: signed(contribution, format),
			whole: signed(desk_difference, format),
			share: rounded(100 * share, 0)
		}),
	unusual_day: (values) =>
		t(
			'{label}: {value} on {weekday}, {date}, where {usual} is usual for a {weekday} ({score} times the usual deviation).',
			values
		),
	unusual_week: (values) =>
		t(
			'{label}, {breakdown} {member}: {value} in the {days} days to {date}, where {usual} is usual ({score} times the usual deviation).',
			values
		),
	tickets_overdue_today: (values, { value }) =>
		tn(
			'{value} ticket became overdue today, {usual} by this time yesterday.',
			'{value} tickets became overdue today, {usual} by this time yesterday.',
			value,
			values
		),
	tickets_due_soon: (values, { value }) =>
		tn(
			'{value} ticket is due soon, {usual} at the same time yesterday.',
			'{value} tickets are due soon, {usual} at the same time yesterday.',
			value,
			values
		),
	tickets_unanswered: (values, { value, oldest_days }) =>
		tn(
			'{value} ticket waits for an overdue answer, {lasting}; {usual} at the same time yesterday.',
			'{value} tickets wait for an overdue answer, the longest {lasting}; {usual} at the same time yesterday.',
			value,
			{ ...values, lasting: lastingText(oldest_days) }
		),
	tickets_past_close: (values, { value, oldest_days }) =>
		tn(
			'{value} open ticket is past its close target, open {lasting}; {usual} at the same time yesterday.',
			'{value} open tickets are past their close target, the oldest open {lasting}; {usual} at the same time yesterday.',
			value,
			{ ...values, lasting: lastingText(oldest_days) }
		),
	sla_overdue: (values, { value }) =>
		tn(
			'{value} SLA clock is overdue now, {usual} at the same time yesterday.',
			'{value} SLA clocks are overdue now, {usual} at the same time yesterday.',
			value,
			values
		),
	sla_due_soon: (values, { value }) =>
		tn(
			'{value} SLA clock is due soon, {usual} at the same time yesterday.',
			'{value} SLA clocks are due soon, {usual} at the same time yesterday.',
			value,
			values
		),
	at_capacity: (values, { value, n }) =>
		tn(
			'{value} of {all} agents with a limit is at capacity, {usual} at the same time yesterday.',
			'{value} of {all} agents with a limit are at capacity, {usual} at the same time yesterday.',
			value,
			{ ...values, all: rounded(n, 0) }
		),
	today: (values, { value }) =>
		tn(
			'{value} ticket was opened today so far, where {usual} is usual for a {weekday} by this time ({score} times the usual deviation).',
			'{value} tickets were opened today so far, where {usual} is usual for a {weekday} by this time ({score} times the usual deviation).',
			value,
			values
		),
	incomplete: (values, { value, is_stock, sentence }) => {
		const first =
			value == null
				? t('{date} is not over and not counted above.', values)
				: is_stock
					? t('{date} is not over and not counted above: {value} now.', values)
					: t('{date} is not over and not counted above: {value} so far.', values);
		const [, note] = sentence.match(NOTE) ?? [];
		return note ? `${first} ${t(note)}` : first;
	}
};

const lastingText = (days) =>
	days ? tn('for {n} day', 'for {n} days', days) : t('for less than a day');

/** The size and direction of a change, up to the period that it is compared with. */
function changeOf({ format, difference, relative_difference }) {
	const isUp = difference > 0;
	const size = isShare(format)
		? valueText(Math.abs(difference), format, true)
		: t('{n}%', { n: rounded(100 * Math.abs(relative_difference), 1) });
	if (format === 'count') return isUp ? t('{size} more than', { size }) : t('{size} fewer than', { size });
	if (format === 'duration') return isUp ? t('{size} longer than', { size }) : t('{size} shorter than', { size });
	return isUp ? t('{size} higher than', { size }) : t('{size} lower than', { size });
}

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
