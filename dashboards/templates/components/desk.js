import { base } from '$app/paths';
import { readings } from './reading.mjs';
import { browser } from '$app/environment';
import { get, writable } from 'svelte/store';

/** The choices of the reader: period, start, end, grain, and a key for each filter. */
export const chosen = writable({});

/** The inputs of all queries for these choices, once they are known. */
export const inputs = writable(undefined);

/**
 * Change choices of the reader: one update for all queries of the page, so that none runs on a
 * partial choice.
 * @param {object} desk the catalogue
 * @param {object} part the changed choices
 */
export function choose(desk, part) {
	const choices = { ...get(chosen), ...part };
	chosen.set(choices);
	remember(choices);
	inputs.set(readings(desk, choices));
}

/** Whether the server of these pages answers queries too; a host of plain files does not. */
export const isLive = writable(false);

const loading = {};

/** The catalogue of the build: its as_of, members and files. Loaded once for a page. */
export function loadDesk() {
	if (!browser) return new Promise(() => {});
	loading.desk ??= loadCurrent().then(async ({ folder, build }) => ({
		...(await read(`data/${folder}/desk.json`)),
		build
	}));
	return loading.desk;
}

/** The folder of the present data, and the build that it shows. */
export async function loadCurrent() {
	const response = await request('data/current.json');
	isLive.set(response.headers.has('Helpdesk-Live'));
	return response.json();
}

const read = async (path) => (await request(path)).json();

async function request(path) {
	const response = await fetch(`${base}/${path}`);
	if (!response.ok) throw new Error(`${path} could not be read (${response.status}).`);
	return response;
}

/**
 * An answer of the server's API. Raises an error with the server's words.
 * @param {string} path below /api/, with its parameters
 * @param {AbortSignal} [signal] ends the request
 */
export async function askServer(path, signal) {
	const response = await fetch(apiHref(path), { signal });
	const answer = await response.json();
	if (!response.ok) throw new Error(answer.error);
	return answer;
}

export const apiHref = (path) => `${base}/api/${path}`;

const KEPT = 'desk.chosen';

/** The choices of the address, or of the previous page. */
export function recall() {
	const address = Object.fromEntries(new URLSearchParams(location.search));
	if (Object.keys(address).length) return address;
	try {
		return JSON.parse(sessionStorage.getItem(KEPT)) ?? {};
	} catch {
		return {};
	}
}

/** Choices as the parameters of an address. */
export function addressOf(choices) {
	// The empty text is the key of a missing value.
	const filled = Object.entries(choices).filter(([, value]) => value !== undefined);
	return new URLSearchParams(filled).toString();
}

/** Keep the choices for the next page, and in the address so that it can be shared. */
export function remember(choices) {
	const filled = Object.entries(choices).filter(([, value]) => value !== undefined);
	const search = addressOf(choices);
	try {
		sessionStorage.setItem(KEPT, JSON.stringify(Object.fromEntries(filled)));
	} catch {
		// Filters work without session storage, too.
	}
	history.replaceState(history.state, '', search ? `?${search}` : location.pathname);
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

/**
 * The address of the page of one ticket.
 * @param {string} key such as zendesk:123
 */
export const ticketHref = (key) => `${base}/ticket/?${new URLSearchParams({ ticket: key })}`;

/** Whether a text is an address that may be opened: data of the help desk could be a script. */
export const isWebAddress = (text) => /^https?:\/\//i.test(text ?? '');
