import { base } from '$app/paths';
import { browser } from '$app/environment';
import { readable, writable } from 'svelte/store';

/** What the reader has chosen: period, start, end, grain, and a key by filter. */
export const chosen = writable({});

const loading = {};

/** The build's catalogue: its clock, its members, its files. The same for every part of a page. */
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

/** The choices of the address, or of the last page that was looked at. */
export function recall() {
	const address = Object.fromEntries(new URLSearchParams(location.search));
	if (Object.keys(address).length) return address;
	try {
		return JSON.parse(sessionStorage.getItem(KEPT)) ?? {};
	} catch {
		return {};
	}
}

/** Keep the choices for the next page, and in the address for whoever it is sent to. */
export function remember(choices) {
	const filled = Object.entries(choices).filter(([, value]) => value !== undefined && value !== '');
	const search = new URLSearchParams(filled).toString();
	try {
		sessionStorage.setItem(KEPT, JSON.stringify(Object.fromEntries(filled)));
	} catch {
		// A browser that keeps nothing still filters.
	}
	history.replaceState(history.state, '', search ? `?${search}` : location.pathname);
}

/** Names of a breakdown's members, in the order of their numbers from 1. */
export function memberNames(desk, slug, breakdown) {
	const report = desk?.reports[slug];
	const filter = desk?.filters[report?.filter_of[breakdown]];
	return report?.members[breakdown] ?? filter?.names ?? [];
}

/** A part of the build's data that is no table for queries: what a board shows, say. */
export async function fetchDesk(name) {
	const { folder } = await loadDesk();
	loading[name] ??= read(`data/${folder}/${name}.json`);
	return loading[name];
}

/**
 * What a report's queries give where nothing is chosen: the rows of each by its kind, and of those
 * that are shown as they stand a store, as the queries themselves are.
 * @param {string} slug
 */
export async function fetchFirst(slug) {
	const first = await fetchDesk(`first/${slug}`);
	const stores = Object.entries(first).map(([kind, rows]) => [kind, readable(rows)]);
	return { period: first.period, stores: Object.fromEntries(stores) };
}

/** Whether a page is as it opens for a reader who has chosen nothing. */
export function isUnchosen(desk, choices) {
	const filled = Object.entries(choices).filter(([, value]) => value !== undefined);
	return (
		desk !== undefined &&
		filled.length === Object.keys(desk.defaults).length &&
		filled.every(([name, value]) => desk.defaults[name] === value)
	);
}

/**
 * Where the tickets of a list are shown.
 * @param {string} list
 */
export const ticketsHref = (list) => `${base}/tickets/#${list}`;
