import { date, isSource, number, t } from './language.js';

const percentText = (value) => number({ style: 'percent', maximumFractionDigits: 1 }).format(value);
const countText = (value) => number({ maximumFractionDigits: 0 }).format(value);
const pointText = (value) => number({ maximumFractionDigits: 1 }).format(value);
const decimalText = (value) => number({ minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(value);

/**
 * A duration as text. Rounding comes first, so that 59 min 59 s is 1 h, not 60 min.
 * @param {number} seconds
 */
export function durationText(seconds) {
	if (seconds < 0) return `−${durationText(-seconds)}`;
	const minutes = Math.round(seconds / 60);
	const hours = Math.round(seconds / 3600);
	if (seconds < 59.5) return t('{seconds} s', { seconds: Math.round(seconds) });
	if (minutes < 60) return t('{minutes} min', { minutes });
	if (minutes < 1440) return hoursText(Math.floor(minutes / 60), minutes % 60);
	const days = Math.floor(hours / 24);
	return hours % 24 ? t('{days} d {hours} h', { days, hours: hours % 24 }) : t('{days} d', { days });
}

/** Hours and minutes, without the latter where they are zero: 2 h 14 min, 13 h. */
const hoursText = (hours, minutes) =>
	minutes ? t('{hours} h {minutes} min', { hours, minutes }) : t('{hours} h', { hours });

/** Whether a value is a part of a whole: such values change by points, not by per cent. */
export const isShare = (format) => format === 'percent' || format === 'points';

/**
 * The change of a value, with an arrow and in words; undefined without a value to compare. Shares
 * change by points, not by per cent.
 * @param {number | null | undefined} now
 * @param {number | null | undefined} before
 * @param {string} format
 */
export function comparedText(now, before, format) {
	if (now == null || before == null) return '';
	if (!isShare(format) && !before) return '';
	const change = isShare(format) ? 100 * (now - before) : (100 * (now - before)) / Math.abs(before);
	const size = pointText(Math.abs(change));
	if (size === '0') return t('= no change');
	if (isShare(format)) return change > 0 ? t('▲ up {size} points', { size }) : t('▼ down {size} points', { size });
	return change > 0 ? t('▲ up {size}%', { size }) : t('▼ down {size}%', { size });
}

/**
 * The next round whole number, for the step of an axis.
 * @param {number} value
 */
export function roundUp(value) {
	const power = 10 ** Math.max(0, Math.floor(Math.log10(value)));
	return [1, 2, 5, 10].map((factor) => factor * power).find((round) => round >= value);
}

/**
 * A label within a sentence: "Owner" is "owner", but a name such as "SLA metric" keeps its case.
 * @param {string} label
 */
export const inText = (label) => (/\p{Lu}/u.test(label.slice(1)) ? label : label.toLowerCase());

/** The height of a line of an axis: a chart measures it by a character that many fonts lack. */
export const LINE = 15;

/**
 * Working time in hours: a working day is not a calendar day.
 * @param {number} seconds
 */
export function workingText(seconds) {
	const minutes = Math.round(seconds / 60);
	if (minutes < 60) return durationText(seconds);
	return hoursText(countText(Math.floor(minutes / 60)), minutes % 60);
}

/**
 * A measure's value as text; a dash without a value.
 * @param {number | null | undefined} value
 * @param {'count' | 'duration' | 'hours' | 'percent' | 'decimal' | 'points'} format
 */
export function measureText(value, format) {
	if (value === null || value === undefined) return '–';
	if (format === 'percent') return percentText(value);
	if (format === 'decimal') return decimalText(value);
	if (format === 'points') return pointText(100 * value);
	if (format === 'hours') return workingText(value);
	return format === 'duration' ? durationText(value) : countText(value);
}

/**
 * A difference as text, with its sign. Shares differ by points.
 * @param {number | null | undefined} value
 * @param {string} format
 */
export function signedText(value, format) {
	if (value === null || value === undefined) return '–';
	const size = isShare(format)
		? t('{size} points', { size: pointText(Math.abs(100 * value)) })
		: measureText(Math.abs(value), format);
	if (!/[1-9]/.test(size)) return '0';
	return `${value > 0 ? '+' : '−'}${size}`;
}

// The factor and the decimals of a value in a file.
const IN_FILES = { duration: [1, 0], hours: [1, 0], percent: [100, 1], points: [100, 1], decimal: [1, 2] };

/** A value of the pages as one of a file: whole seconds, per cent, points. */
export function csvValue(value, format) {
	if (typeof value !== 'number') return value;
	const [factor, digits] = IN_FILES[format] ?? [1, 4];
	return Number((factor * value).toFixed(digits));
}

/** The heading of a column of a file, with the unit of its values. */
export function csvHeader(label, format) {
	if (format === 'duration' || format === 'hours') return t('{label} (seconds)', { label });
	return format === 'percent' ? t('{label} (%)', { label }) : label;
}

/** Text escaped for HTML: tooltips are HTML, and names come from the help desk. */
function escapeHTML(text) {
	return String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * The tooltip of a point in time; `n` is the number of values of an average, `more` further texts.
 * @param {string} title
 * @param {{ marker: string, name: string, text: string, n?: number, more?: string[] }[]} lines
 */
export function tooltipHTML(title, lines) {
	const cell = 'padding-left: 12px; text-align: right; font-variant-numeric: tabular-nums';
	const body = lines.map(
		({ marker, name, text, n, more = [] }) =>
			`<tr><td>${marker}${escapeHTML(name)}</td><td style="${cell}">${escapeHTML(text)}</td>` +
			`<td style="${cell}">${escapeHTML([...more, ...(n == null ? [] : [t('n {n}', { n: countText(n) })])].join(', '))}</td>` +
			'</tr>'
	);
	return `<strong>${escapeHTML(title)}</strong><table>${body.join('')}</table>`;
}

/**
 * An instant as text in a time zone, the same in every browser: 2026-05-31 14:05.
 * @param {string | null} instant in ISO 8601
 * @param {string} zone such as Europe/Oslo
 * @param {boolean} [hasSeconds]
 */
export function timeText(instant, zone, hasSeconds = false) {
	if (!instant) return '–';
	const digits = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' };
	const second = hasSeconds ? { second: '2-digit' } : {};
	const options = { ...digits, ...second, timeZone: zone };
	// In English the form that sorts as text.
	const format = isSource() ? new Intl.DateTimeFormat('sv-SE', options) : date(options);
	return format.format(new Date(instant)).replace(',', '');
}

/** A date as the data has it: 2026-05-31. */
export const dayText = (day) =>
	isSource()
		? day
		: date({ day: '2-digit', month: '2-digit', year: 'numeric', timeZone: 'UTC' }).format(new Date(day));

/** A time of the marts, which is UTC: 2026-05-31T14:05:00. */
export const momentText = (moment) => timeText(`${moment}Z`, 'UTC', true);

/**
 * A time of the report time zone, as the data has it: 2026-05-31 14:05.
 * @param {string | null} local
 */
export const localTimeText = (local) => (local ? timeText(`${local.replace(' ', 'T')}Z`, 'UTC') : '–');

/**
 * The time of a heading, which the data has in English: 30 June 2026, 18:00.
 * @param {string | null} english
 */
export function headingTime(english) {
	if (isSource() || !english) return english;
	const options = { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' };
	return date(options).format(new Date(`${english.replace(',', '')} UTC`));
}

/**
 * The distance of a time from now, in the past or the future.
 * @param {number | null} seconds positive for the past
 */
export function agoText(seconds) {
	if (seconds === null || seconds === undefined) return '–';
	return seconds < 0
		? t('in {duration}', { duration: durationText(-seconds) })
		: t('{duration} ago', { duration: durationText(seconds) });
}

/**
 * A value of the marts as text: how_to is How to. Others are shown as they are.
 * @param {any} value
 */
export function wordsText(value) {
	if (!/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(value)) return value;
	return (value[0].toUpperCase() + value.slice(1)).replaceAll('_', ' ');
}

/**
 * A range of dates, with its month and year once: 1 to 31 May 2026.
 * @param {string} first
 * @param {string} last
 */
export function datesText(first, last) {
	const dates = date({ dateStyle: 'long', timeZone: 'UTC' });
	const [from, to] = [first, last].map((day) => dates.format(new Date(day)).split(' '));
	while (from.length && from.at(-1) === to[from.length - 1]) from.pop();
	const [start, end] = [from, to].map((words) => words.join(' '));
	return start ? t('{start} to {end}', { start, end }) : end;
}

/**
 * The first day of a bucket by its grain, which the query has named in English: 1 Jun 2026, Jun 2026,
 * Q2 2026, 2026.
 * @param {{ starting: string, bucket: number | string | Date }} row
 */
export function startingText({ starting, bucket }) {
	if (isSource() || /^\d+$/.test(starting)) return starting;
	const [, quarter, year] = starting.match(/^Q(\d) (\d+)$/) ?? [];
	if (quarter) return t('Q{quarter} {year}', { quarter, year });
	const day = /^\d/.test(starting) ? { day: 'numeric' } : {};
	return date({ ...day, month: 'short', year: 'numeric', timeZone: 'UTC' }).format(new Date(bucket));
}

const CHANGES = {
	count: (size, isUp) => (isUp ? t('{size} more', { size }) : t('{size} fewer', { size })),
	duration: (size, isUp) => (isUp ? t('{size} longer', { size }) : t('{size} shorter', { size })),
	percent: (size, isUp) => (isUp ? t('{size} points higher', { size }) : t('{size} points lower', { size }))
};

/**
 * The change of a figure in words, so that it does not depend on colours; undefined if both values
 * have the same text.
 * @param {number | null} value
 * @param {number | null} before
 * @param {'count' | 'duration' | 'percent'} unit
 * @returns {{ arrow: string, text: string } | undefined}
 */
export function changeText(value, before, unit) {
	if (value === null || before === null) return undefined;
	if (measureText(value, unit) === measureText(before, unit)) return undefined;
	const size = Math.abs(value - before);
	const text = unit === 'percent' ? pointText(100 * size) : measureText(size, unit);
	return { arrow: value > before ? '▲' : '▼', text: CHANGES[unit](text, value > before) };
}
