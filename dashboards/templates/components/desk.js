import { base } from '$app/paths';
import { period, possibleGrain, readings } from './reading.mjs';
import { browser } from '$app/environment';
import { get, writable } from 'svelte/store';

/** The choices of the reader: period, start, end, grain, and a key for each filter. */
export const chosen = writable({});

/** The inputs of all queries for these choices, once they are known. */
export const inputs = writable(undefined);

/**
 * Change choices of the reader. The browser's Back undoes them.
 * @param {object} desk the catalogue
 * @param {object} part the changed choices
 */
export function choose(desk, part) {
	apply(desk, { ...get(chosen), ...part });
	remember('pushState');
}

/**
 * Take the choices of the address, or of the previous page where it has none.
 * @param {object} desk the catalogue
 */
export function follow(desk) {
	apply(desk, { ...desk.defaults, ...recall() });
	remember('replaceState');
	arrive();
}

// The router's state of the entry that is shown. Entries of one page, which differ in choices alone, have
// the same.
let entry;

/** After the router has changed the page. */
const arrive = () => (entry = JSON.stringify(history.state));

/** Back and Forward to other choices. The router must not see them: it would end a change of pages. */
function step(event) {
	const state = event.state && JSON.stringify(event.state);
	if (state && state === entry) {
		event.stopImmediatePropagation();
		loadDesk().then(follow);
	}
	entry = state;
}
if (browser) {
	addEventListener('popstate', step, { capture: true });
	addEventListener('arrive', arrive);
}

/** One update for all queries of the page, so that none runs on a partial choice. */
function apply(desk, wanted) {
	const grain = possibleGrain(period(desk.clock, wanted).days, wanted.grain);
	const choices = { ...wanted, grain };
	// The choices of the page before run no query again.
	if (get(inputs) && JSON.stringify(choices) === JSON.stringify(get(chosen))) return;
	chosen.set(choices);
	inputs.set(readings(desk, choices));
}

const loading = {};

/** The catalogue of the build: its as_of, members and files. Loaded once for a page. */
export function loadDesk() {
	if (!browser) return new Promise(() => {});
	loading.desk ??= read('data/current.json').then(({ folder }) => read(`data/${folder}/desk.json`));
	return loading.desk;
}

async function read(path) {
	const response = await fetch(`${base}/${path}`);
	if (!response.ok) throw new Error(`${path} could not be read (${response.status}).`);
	return response.json();
}

const KEPT = 'desk.chosen';

/** The choices of the address, or of the previous page. */
function recall() {
	const address = Object.fromEntries(new URLSearchParams(location.search));
	if (Object.keys(address).length) return address;
	try {
		return JSON.parse(sessionStorage.getItem(KEPT)) ?? {};
	} catch {
		return {};
	}
}

/** Keep the choices for the next page, and in the address so that it can be shared. */
function remember(way) {
	const filled = Object.entries(get(chosen)).filter(([, value]) => value !== undefined);
	const search = new URLSearchParams(filled).toString();
	try {
		sessionStorage.setItem(KEPT, JSON.stringify(Object.fromEntries(filled)));
	} catch {
		// Filters work without session storage, too.
	}
	const address = `${location.pathname}${search && `?${search}`}${location.hash}`;
	if (address === location.pathname + location.search + location.hash) return;
	// The state has the router's number of the page: with the same one Back is no change of pages.
	history[way](history.state, '', address);
}

/** Names of a breakdown's members, in the order of their numbers from 1. */
export function memberNames(desk, slug, breakdown) {
	const report = desk?.reports[slug];
	const filter = desk?.filters[report?.filter_of[breakdown]];
	return report?.members[breakdown] ?? filter?.names ?? [];
}

/** A JSON file of the build, such as the widgets of a page. */
export async function fetchDesk(name) {
	const { folder } = await loadDesk();
	loading[name] ??= read(`data/${folder}/${name}.json`);
	return loading[name];
}

/**
 * A report: its texts, its queries and their default results.
 * @param {string} slug
 */
export async function fetchReport(slug) {
	const desk = await loadDesk();
	if (!desk.reports[slug]) throw new Error('There is no report of this name. The menu has all of them.');
	return fetchDesk(`reports/${slug}`);
}

/** Whether a page has only default choices. */
export function isUnchosen(desk, choices) {
	const filled = Object.entries(choices).filter(([, value]) => value !== undefined);
	return (
		desk !== undefined &&
		filled.length === Object.keys(desk.defaults).length &&
		filled.every(([name, value]) => desk.defaults[name] === value)
	);
}

/**
 * The address of the tickets of a list.
 * @param {string} list
 */
export const ticketsHref = (list) => `${base}/tickets/#${list}`;
