const percents = new Intl.NumberFormat('en-US', { style: 'percent', maximumFractionDigits: 1 });
const counts = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** Two parts of a duration, without the second where it is zero: 2 h 14 min, 13 d. */
function parts(first, firstUnit, second, secondUnit) {
	return second ? `${first} ${firstUnit} ${second} ${secondUnit}` : `${first} ${firstUnit}`;
}

/**
 * A duration as text. Rounding comes first, so that 59 min 59 s is 1 h, not 60 min.
 * @param {number} seconds
 */
export function durationText(seconds) {
	if (seconds < 0) return `−${durationText(-seconds)}`;
	const minutes = Math.round(seconds / 60);
	const hours = Math.round(seconds / 3600);
	if (seconds < 59.5) return `${Math.round(seconds)} s`;
	if (minutes < 60) return `${minutes} min`;
	if (minutes < 1440) return parts(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
	return parts(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

const decimals = new Intl.NumberFormat('en-US', {
	minimumFractionDigits: 2,
	maximumFractionDigits: 2
});
const points = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });

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
	const size = points.format(Math.abs(change));
	if (size === '0') return '= no change';
	return `${change > 0 ? '▲ up' : '▼ down'} ${size}${isShare(format) ? ' points' : '%'}`;
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
	return parts(counts.format(Math.floor(minutes / 60)), 'h', minutes % 60, 'min');
}

/**
 * A measure's value as text; a dash without a value.
 * @param {number | null | undefined} value
 * @param {'count' | 'duration' | 'percent' | 'decimal' | 'points'} format
 */
export function measureText(value, format) {
	if (value === null || value === undefined) return '–';
	if (format === 'percent') return percents.format(value);
	if (format === 'decimal') return decimals.format(value);
	if (format === 'points') return points.format(100 * value);
	return format === 'duration' ? durationText(value) : counts.format(value);
}

/**
 * A difference as text, with its sign. Shares differ by points.
 * @param {number | null | undefined} value
 * @param {string} format
 */
export function signedText(value, format) {
	if (value === null || value === undefined) return '–';
	const size = isShare(format)
		? `${points.format(Math.abs(100 * value))} points`
		: measureText(Math.abs(value), format);
	if (!/[1-9]/.test(size)) return '0';
	return `${value > 0 ? '+' : '−'}${size}`;
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
			`<td style="${cell}">${escapeHTML([...more, ...(n == null ? [] : [`n ${counts.format(n)}`])].join(', '))}</td>` +
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
	return new Intl.DateTimeFormat('sv-SE', { ...digits, ...second, timeZone: zone }).format(
		new Date(instant)
	);
}

/**
 * The distance of a time from now, in the past or the future.
 * @param {number | null} seconds positive for the past
 */
export function agoText(seconds) {
	if (seconds === null || seconds === undefined) return '–';
	return seconds < 0 ? `in ${durationText(-seconds)}` : `${durationText(seconds)} ago`;
}

/**
 * A value of the marts as text: how_to is How to. Others are shown as they are.
 * @param {any} value
 */
export function wordsText(value) {
	if (!/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(value)) return value;
	return (value[0].toUpperCase() + value.slice(1)).replaceAll('_', ' ');
}

const dates = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' });

/**
 * A range of dates, with its month and year once: 1 to 31 May 2026.
 * @param {string} first
 * @param {string} last
 */
export function datesText(first, last) {
	const [from, to] = [first, last].map((day) => dates.format(new Date(day)).split(' '));
	while (from.length && from.at(-1) === to[from.length - 1]) from.pop();
	return [from, to].filter((words) => words.length).map((words) => words.join(' ')).join(' to ');
}

const UNITS = {
	count: { text: (size) => counts.format(size), up: 'more', down: 'fewer' },
	duration: { text: durationText, up: 'longer', down: 'shorter' },
	percent: {
		text: (size) => (100 * size).toFixed(1).replace(/\.0$/, ''),
		up: 'points higher',
		down: 'points lower'
	}
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
	const { text, up, down } = UNITS[unit];
	const size = text(Math.abs(value - before));
	return value > before
		? { arrow: '▲', text: `${size} ${up}` }
		: { arrow: '▼', text: `${size} ${down}` };
}
