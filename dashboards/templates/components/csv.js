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
