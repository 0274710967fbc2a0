import { get, writable } from 'svelte/store';
import { begun } from './building.js';
import { addedIn, askServer, fetchDesk, isLive, loadDesk } from './desk.js';
import { wordsText } from './format.js';
import { named, t, word } from './language.js';
import { keysOf } from './reading.mjs';

/**
 * The filters that a reader adds to those of every page: by any dimension of a report's source, or of its
 * tickets. Choices have them as `priority.is` and `priority.is_not`; the server computes them.
 */

/** The server's largest table. */
const MOST = 10_000;
/** The dimensions of each source and report by its name, and each of them by its own, once they are known. */
export const dimensions = writable({ bySource: {}, bySlug: {}, byName: {} });

/** The keys of a field's filter that are chosen, and those that are left out. */
export const addedKeys = (choices, field) => ({ kept: keysOf(choices, `${field}.is`), leftOut: keysOf(choices, `${field}.is_not`) });

/** Add a report that no build knows yet. `found`: the dimensions of its source. */
export function addReport(slug, found) {
	if (get(dimensions).bySlug[slug] !== found)
		dimensions.update((all) => ({ ...all, bySlug: { ...all.bySlug, [slug]: found } }));
}

let loading;

/**
 * Read the dimensions that can be added to reports: those of the source, without the filters of every page.
 * @param {boolean} [isAgain] a report may have been saved
 */
export function loadDimensions(isAgain = false) {
	if (isAgain || !loading) loading = read().catch(() => (loading = undefined));
	return loading;
}

/** The added filters that a report has: the fields of its source, once they are known. */
export const addedTo = ({ bySlug }, slug, choices) => {
	const names = bySlug[slug]?.fields.map(({ name }) => name) ?? [];
	return addedIn(choices).filter((field) => names.includes(field));
};

async function read() {
	const desk = await loadDesk();
	const [catalogue, { reports }] = get(isLive)
		? await Promise.all([askServer('fields'), askServer('reports')])
		: [await fetchDesk('fields'), { reports: [] }];
	const taken = new Set(Object.values(desk.filters).map(({ field }) => field));
	const sources = Object.fromEntries(catalogue.sources.map((source) => [source.name, source]));
	const fieldsOf = (source) =>
		source.filters
			.filter((name) => !taken.has(name))
			.map((name) => {
				const own = source.fields.find((field) => field.name === name);
				return own ? { ...own, of: source.label } : { ...sources.tickets.fields.find((field) => field.name === name), of: sources.tickets.label };
			});
	const bySource = Object.fromEntries(
		catalogue.sources
			.filter(({ is_primary }) => is_primary)
			.map((source) => [source.name, { fields: fieldsOf(source), counted: begun(catalogue, source.name) }])
	);
	const known = reports.filter(({ source }) => bySource[source]);
	dimensions.set({
		bySource,
		bySlug: Object.fromEntries(known.map(({ id, source }) => [id.toLowerCase(), bySource[source]])),
		byName: Object.fromEntries(
			[...Object.values(bySource), bySource.tickets].flatMap(({ fields }) => fields.map((field) => [field.name, field]))
		)
	});
}

const loaded = {};

/**
 * The values of a field that a source has, those with most rows first, as the members of a filter.
 * @param {{ source: string, measures: string[] }} counted a report that counts the rows
 * @param {object} field of the catalogue
 */
export async function membersOf({ source, measures: [measure] }, field) {
	const asked = new URLSearchParams({ source, measure, by: field.name, sort: `-${measure}`, limit: MOST });
	loaded[asked] ??= askServer(`query?${asked}`);
	const { columns, rows } = await loaded[asked];
	const name = columns.findIndex((column) => column.name.endsWith('.name'));
	return {
		label: field.label,
		// The key of a missing value is the empty text, as in the other filters.
		keys: rows.map(([key]) => String(key ?? '')),
		names: rows.map((row) => valueText(row[0], name > 0 ? row[name] : undefined, field))
	};
}

function valueText(key, name, { type, names, has_several_values }) {
	if (key === null) return named('No value');
	if (type === 'boolean') return key ? t('yes') : t('no');
	if (type === 'key') return key === 'unknown' ? word('Unknown') : named(name ?? key);
	if (names.length) return word(names[key - 1]);
	return has_several_values || type === 'number' ? String(key) : word(wordsText(key));
}
