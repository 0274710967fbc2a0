import { memberName } from './desk.js';
import { keysOf } from './reading.mjs';

/** A cell of a CSV file; a spreadsheet must not read a text as a formula. */
function cell(value) {
	if (value === null || value === undefined) return '';
	const text = value instanceof Date ? value.toISOString().slice(0, 10) : String(value);
	const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
	return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * Rows as a CSV file that the reader saves.
 * @param {string} name of the file, without its ending
 * @param {string[]} header
 * @param {unknown[][]} rows
 */
export function download(name, header, rows) {
	const text = [header, ...rows].map((row) => row.map(cell).join(',')).join('\r\n');
	const link = document.createElement('a');
	// The byte order mark makes spreadsheets read UTF-8.
	link.href = URL.createObjectURL(new Blob(['\ufeff', text, '\r\n'], { type: 'text/csv' }));
	link.download = `${name}.csv`;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/**
 * The name of a file, without its ending: what it is of, the dates, and the filters, so that it is
 * recognised among others.
 * @param {string[]} parts
 * @param {object} desk the catalogue
 * @param {object} choices of the reader
 * @param {{ period: { start: string, end: string } }} [inputs] where the period counts
 */
export function fileName(parts, desk, choices, inputs) {
	const dates = inputs ? [`${inputs.period.start}-${inputs.period.end}`] : [];
	const filters = Object.keys(desk?.filters ?? {}).flatMap((name) =>
		[name, `${name}.not`].flatMap((choice) => {
			const names = keysOf(choices, choice).map((key) => memberName(desk.filters[name], key));
			return names.length ? [[...(choice === name ? [] : ['not']), ...names].join('-')] : [];
		})
	);
	const words = [...parts, ...dates, ...filters].join('-').replace(/[^\p{L}\p{N}]+/gu, '-');
	return words.replace(/^-|-$/g, '').slice(0, 120);
}
